/* The nodes of service.flux: blocking, as any. Whatever a call says is returned. */
#include "service_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1;

static long in_work, swept; /* guarded by `totals`: nobody is in Store while it is swept */
static char *ledger;

int Listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t length = sizeof address;

    ledger = malloc(100);
    if (ledger == NULL)
        return ENOMEM;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        int error = errno;
        free(ledger);
        if (listener >= 0)
            close(listener);
        return error;
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 0;
}

int Unlisten(void)
{
    free(ledger);
    close(listener);
    return 0;
}

int Accept(Accept_out *out)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC);

    if (fd < 0)
        return errno;
    *out = (Accept_out){.fd = fd, .peer = peer.sin_addr.s_addr, .open = true};
    return 0;
}

uint64_t PeerOf(const Accept_out *accepted)
{
    return accepted->peer;
}

int Sweep(void)
{
    swept++;
    return in_work == 0 ? 0 : EBUSY;
}

/* A line, a byte at a time. */
int Hear(Hear_in *in, Hear_out *out)
{
    char line[32];
    size_t size = 0;
    ssize_t got;

    while ((got = recv(in->fd, line + size, 1, 0)) > 0 && line[size] != '\n' &&
           size < sizeof line - 2)
        size++;
    if (got < 0)
        return errno;
    line[size] = '\0';
    *out = (Hear_out){in->fd, in->peer, got > 0, got > 0 ? atol(line) : 0};
    return 0;
}

bool IsAsked(long number)
{
    return number != 0;
}

bool IsOpen(bool open)
{
    return open;
}

static void let_go(void *memory)
{
    free(memory);
}

int Count(Count_in *in, Count_out *out)
{
    char *note = malloc(40);
    if (note == NULL)
        return ENOMEM;
    if (flux_defer(let_go, note) != 0) {
        free(note);
        return ENOMEM;
    }
    snprintf(note, 40, "%ld of %u", in->number, in->peer);
    *out = (Count_out){in->fd, in->peer, in->open, in->number};
    return 0;
}

int Square(Square_in *in, Square_out *out)
{
    char *text = flux_alloc(40);
    if (text == NULL)
        return ENOMEM;
    snprintf(text, 40, "%ld\n", in->number * in->number);
    *out = (Square_out){in->fd, in->peer, in->open, text};
    return 0;
}

/* Reads its own program, as a disk that may fail. */
int Store(Store_in *in, Store_out *out)
{
    char magic[4];
    int error = 0, fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    in_work++;
    ssize_t got = read(fd, magic, sizeof magic);
    if (got < 0)
        error = errno;
    else if (got < 4)
        error = EIO;
    close(fd);
    snprintf(ledger, 100, "%s", in->text);
    in_work--;
    *out = (Store_out){in->fd, in->peer, in->open, in->text};
    return error;
}

int Excuse(Excuse_in *in, Excuse_out *out)
{
    static char busy[] = "busy\n";
    *out = (Excuse_out){in->fd, in->peer, in->open, busy};
    return 0;
}

int Answer(Answer_in *in, Answer_out *out)
{
    size_t size = strlen(in->text);
    for (size_t sent = 0; sent < size;) {
        ssize_t count = send(in->fd, in->text + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0)
            return errno;
        sent += (size_t)count;
    }
    *out = (Answer_out){in->fd, in->peer, in->open};
    return 0;
}

int Gone(Gone_in *in, Gone_out *out)
{
    *out = (Gone_out){in->fd, in->peer, false};
    return 0;
}

int Leave(Leave_in *in)
{
    (void)in;
    return 0;
}

int Apologise(Apologise_in *in)
{
    (void)in;
    return 0;
}

int Close(Close_in *in)
{
    return close(in->fd) == 0 ? 0 : errno;
}

/* The nodes of chat.flux. */
#include "chat_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 256 };

struct guest {
    int fd, number;
    char heard[LINE]; /* what has come and not been passed on: the beginning of a line */
    size_t size;
    struct guest *next, **link;
};

static struct guest *guests; /* guarded by `room` */
static int listener = -1;

int Listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return errno;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 0;
}

int Unlisten(void)
{
    close(listener);
    return 0;
}

int Accept(Accept_out *out)
{
    out->fd = accept(listener, NULL, NULL);
    return out->fd < 0 ? errno : 0;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}

/* Tells everybody but the speaker. The room is held meanwhile, hence MSG_DONTWAIT: what a guest
 * leaves unread for long is lost. */
static void tell(const struct guest *speaker, const char *text, size_t length)
{
    char message[LINE + 32];
    int size = snprintf(message, sizeof message, "%d: %.*s\n", speaker->number, (int)length, text);

    for (const struct guest *guest = guests; guest != NULL; guest = guest->next)
        if (guest != speaker)
            send(guest->fd, message, (size_t)size, MSG_DONTWAIT);
}

int Enter(Enter_in *in, Enter_out *out)
{
    static int numbers;                              /* guarded by `room`, as this node is */
    struct guest *guest = flux_alloc(sizeof *guest); /* freed when the flow ends */

    if (guest == NULL)
        return ENOMEM;
    guest->fd = in->fd;
    guest->number = ++numbers;
    guest->next = guests;
    guest->link = &guests;
    if (guests != NULL)
        guests->link = &guest->next;
    guests = guest;
    tell(guest, "enters", strlen("enters"));
    dprintf(in->fd, "you are %d\n", guest->number);
    *out = (Enter_out){guest, in->fd, true};
    return 0;
}

/* Runs when something has come, so it does not wait. */
int Hear(Hear_in *in, Hear_out *out)
{
    struct guest *guest = in->guest;
    ssize_t size = recv(in->fd, guest->heard + guest->size, LINE - guest->size, 0);

    if (size < 0)
        return errno;
    guest->size += (size_t)size;
    *out = (Hear_out){guest, in->fd, size > 0};
    return 0;
}

bool IsHere(bool here)
{
    return here;
}

/* Passes on what is complete: lines, and what fills the buffer without becoming one. */
int Say(Say_in *in, Say_out *out)
{
    struct guest *guest = in->guest;
    char *text = guest->heard;
    size_t left = guest->size;

    while (left > 0) {
        char *end = memchr(text, '\n', left);
        if (end == NULL && left < LINE)
            break;
        size_t length = end != NULL ? (size_t)(end - text) : left;
        size_t used = end != NULL ? length + 1 : left;
        tell(guest, text, length);
        text += used;
        left -= used;
    }
    memmove(guest->heard, text, left);
    guest->size = left;
    *out = (Say_out){guest, in->fd, in->here};
    return 0;
}

int Leave(Leave_in *in)
{
    struct guest *guest = in->guest;

    *guest->link = guest->next;
    if (guest->next != NULL)
        guest->next->link = guest->link;
    tell(guest, "leaves", strlen("leaves"));
    return 0;
}

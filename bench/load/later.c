/* later.c - nodes of later.flux. Requests fit into one segment, since its clients are ours. */
#include "later_flux.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DELAY_US 10000

static int listener;

int Listen(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return errno;
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return 0;
}

int Accept(Accept_out *out)
{
    out->closes = false;
    out->fd = accept(listener, NULL, NULL);
    if (out->fd >= 0)
        setsockopt(out->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return out->fd < 0 ? errno : 0;
}

int Read(Read_in *in, Read_out *out)
{
    char request[4096];
    ssize_t got = recv(in->fd, request, sizeof request - 1, 0);
    if (got <= 0)
        return got < 0 ? errno : ECONNRESET;
    request[got] = '\0';
    *out = (Read_out){in->fd, strstr(request, "Connection: close") != NULL ||
                                  strstr(request, "HTTP/1.0") != NULL};
    return 0;
}

int Answer(Answer_in *in, Answer_out *out)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static const char last[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    const char *text = in->closes ? last : answer;
    usleep(DELAY_US);
    *out = (Answer_out){in->fd, in->closes};
    return send(in->fd, text, strlen(text), 0) < 0 ? errno : 0;
}

bool IsOpen(bool closes)
{
    return !closes;
}

int End(End_in *in)
{
    (void)in;
    return 0;
}

int Gone(Gone_in *in)
{
    (void)in;
    return 0;
}

int Close(Close_in *in)
{
    close(in->fd);
    return 0;
}

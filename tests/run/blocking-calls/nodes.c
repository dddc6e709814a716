#include "blocking-calls_flux.h"

#include "flux.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAIRS = 20, ROUNDS = 10 };

static int ends[PAIRS][2];

/* All who ask first, so that each of them has to wait for one who comes much later. */
int Pairs(Pairs_out *out)
{
    static int calls;
    int number = calls % PAIRS;
    bool asks = calls < PAIRS;

    if (calls == 2 * PAIRS)
        return FLUX_STOP;
    if (asks && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends[number]) != 0)
        return errno;
    calls++;
    *out = (Pairs_out){.fd = ends[number][asks], .number = number, .asks = asks};
    return 0;
}

bool Asks(bool asks)
{
    return asks;
}

/* Waits in a different way each time, then reads one byte. */
static int receive(int fd, int round)
{
    char byte = 0;
    struct iovec part = {&byte, 1};

    switch (round % 5) {
    case 0:
        return read(fd, &byte, 1) == 1 ? byte : -1;
    case 1:
        return recv(fd, &byte, 1, 0) == 1 ? byte : -1;
    case 2:
        return readv(fd, &part, 1) == 1 ? byte : -1;
    case 3:
        if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) != 1)
            return -1;
        return recv(fd, &byte, 1, MSG_DONTWAIT) == 1 ? byte : -1;
    default: {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        if (select(fd + 1, &set, NULL, NULL, NULL) != 1)
            return -1;
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        return recvmsg(fd, &message, MSG_DONTWAIT) == 1 ? byte : -1;
    }
    }
}

static int transmit(int fd, int round, char byte)
{
    struct iovec part = {&byte, 1};

    switch (round % 3) {
    case 0:
        return write(fd, &byte, 1) == 1 ? 0 : -1;
    case 1:
        usleep(100);
        return send(fd, &byte, 1, 0) == 1 ? 0 : -1;
    default:
        return writev(fd, &part, 1) == 1 ? 0 : -1;
    }
}

int Ask(Ask_in *in, Ask_out *out)
{
    for (int round = 0; round < ROUNDS; round++)
        if (transmit(in->fd, round, (char)round) != 0 || receive(in->fd, round) != round + 1)
            return EPROTO;
    close(in->fd);
    out->number = in->number;
    return 0;
}

int Answer(Answer_in *in, Answer_out *out)
{
    for (int round = 0; round < ROUNDS; round++)
        if (receive(in->fd, round + 1) != round ||
            transmit(in->fd, round + 1, (char)(round + 1)) != 0)
            return EPROTO;
    close(in->fd);
    out->number = in->number;
    return 0;
}

int Print(Print_in *in)
{
    printf("%d\n", in->number);
    return 0;
}

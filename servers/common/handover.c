#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

int handover_open(struct handover *handover, size_t size)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    handover->in = ends[1];
    handover->out = ends[0];
    handover->size = size;
    return 0;
}

void handover_close(struct handover *handover)
{
    if (handover->in >= 0)
        close(handover->in);
    if (handover->out >= 0)
        close(handover->out);
    handover->in = handover->out = -1;
}

int handover_put(struct handover *handover, const void *thing)
{
    ssize_t done;
    atomic_fetch_add_explicit(&handover->put, 1, memory_order_release);
    do
        done = write(handover->in, thing, handover->size);
    while (done < 0 && errno == EINTR);
    return done == (ssize_t)handover->size ? 0 : errno;
}

int handover_take(struct handover *handover, void *thing)
{
    ssize_t done = read(handover->out, thing, handover->size);
    if (done == (ssize_t)handover->size) {
        atomic_load_explicit(&handover->put, memory_order_acquire);
        return 0;
    }
    return done < 0 ? errno : EPIPE;
}

int handover_try(struct handover *handover, void *thing)
{
    struct pollfd poll_out = {.fd = handover->out, .events = POLLIN};
    return poll(&poll_out, 1, 0) == 1 ? handover_take(handover, thing) : EAGAIN;
}

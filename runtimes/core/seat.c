/* seat.c - waiting in place of a flow. */
#include "seat.h"
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)

void fluxi_seat_wait(struct fluxi_seat *seat)
{
    while (atomic_exchange_explicit(&seat->woken, 0, memory_order_acquire) == 0)
        fluxi_futex_wait(&seat->woken, 0);
}

void fluxi_seat_wake(struct fluxi_seat *seat)
{
    atomic_store_explicit(&seat->woken, 1, memory_order_release);
    fluxi_futex_wake(&seat->woken);
}

enum flux_next fluxi_seat_run(struct fluxi_seat *seat, struct flux_flow *flow)
{
    enum flux_next next;
    flow->home = seat;
    while ((next = fluxi_run(flow)) == FLUX_PARKED)
        fluxi_seat_wait(seat);
    return next;
}

/* The mask of the calling thread with FLUXI_POKE let through. It is asked for once: no await then
 * needs another system call, and the masks of a runtime's threads are the runtime's. */
static const sigset_t *poke_mask(void)
{
    static _Thread_local sigset_t mask;
    static _Thread_local bool known;
    if (!known) {
        pthread_sigmask(SIG_SETMASK, NULL, &mask);
        sigdelset(&mask, FLUXI_POKE);
        known = true;
    }
    return &mask;
}

static int poll_under(const sigset_t *mask, struct pollfd *waited, uint64_t now, uint64_t until)
{
    uint64_t left = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
    return ppoll(waited, waited != NULL, until != UINT64_MAX ? &time : NULL, mask);
}

int fluxi_seat_poll(struct pollfd *waited, uint64_t now, uint64_t until)
{
    return poll_under(poke_mask(), waited, now, until);
}

int fluxi_seat_poll_open(struct pollfd *waited, uint64_t now, uint64_t until)
{
    return poll_under(NULL, waited, now, until);
}

static bool is_cancelled(const struct flux_flow *flow, bool idle)
{
    if (flow->id == 0)
        return fluxi_source_stopping(flow->origin);
    return idle && atomic_load(&fluxi_stopping);
}

int fluxi_seat_await(const struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit,
                     bool idle, int (*wait)(struct pollfd *waited, uint64_t now, uint64_t until))
{
    struct pollfd waited = {.fd = fd, .events = events == FLUX_READABLE ? POLLIN : POLLOUT};
    uint64_t now = flux_now(), until = fluxi_deadline(now, limit);

    if (fd < 0)
        return EBADF; /* poll would pass over it */
    for (;; now = flux_now()) {
        if (is_cancelled(flow, idle))
            return ECANCELED;
        if (fluxi_profile_there())
            fluxi_profile_sleeps(now);
        int ready = wait(&waited, now, until);
        if (fluxi_profile_there())
            fluxi_profile_slept();
        if (ready > 0)
            return (waited.revents & POLLNVAL) != 0 ? EBADF : 0;
        if (ready == 0)
            return ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
}

void fluxi_seat_rest(uint64_t until)
{
    fluxi_seat_poll(NULL, flux_now(), until);
}

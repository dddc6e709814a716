/* calls_poll.c - poll and select: asked without waiting, then again whenever one of the descriptors
 * may have become ready, until the time is over. */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define FEW 8u

/* The flags of poll and of epoll have equal values. Without any, hang-ups and errors are still to
 * be told. */
static uint32_t events_of(const struct pollfd *poll)
{
    return poll->events ? (uint16_t)poll->events : EPOLLERR | EPOLLHUP;
}

/* Waits until one of the descriptors has an event or the time is over: 0, or errno. A negative
 * descriptor is left out. */
static int wait_for_any(const struct pollfd *polls, size_t count, uint64_t until)
{
    struct wait few[FEW], *waits = few;
    if (count > FEW && !(waits = calloc(count, sizeof *waits)))
        return ENOMEM;
    unsigned used = 0;
    for (size_t i = 0; i < count; i++) {
        if (polls[i].fd >= 0)
            waits[used++] = (struct wait){.fd = polls[i].fd, .events = events_of(&polls[i])};
    }
    int outcome = fluxi_block(waits, used, until);
    if (waits != few)
        free(waits);
    return outcome;
}

/* The moment a timeout ends; NULL: never. */
static uint64_t end_of(const struct timespec *timeout)
{
    if (!timeout)
        return FLUXI_NEVER;
    uint64_t seconds = (uint64_t)timeout->tv_sec;
    if (seconds > (uint64_t)INT64_MAX / 1000000000 - 1)
        return FLUXI_NEVER;
    return flux_now() + seconds * 1000000000 + (uint64_t)timeout->tv_nsec;
}

static bool is_timeout(const struct timespec *timeout)
{
    return !timeout ||
           (timeout->tv_sec >= 0 && timeout->tv_nsec >= 0 && timeout->tv_nsec < 1000000000);
}

static const struct timespec at_once;

static int poll_flow(struct pollfd *polls, nfds_t count, const struct timespec *timeout,
                     const sigset_t *mask)
{
    if (!is_timeout(timeout))
        return fluxi_fail(EINVAL);
    int found = REAL(ppoll)(polls, count, &at_once, mask);
    if (found != 0 || (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0))
        return found;
    uint64_t until = end_of(timeout);
    for (;;) {
        int outcome = wait_for_any(polls, count, until);
        if (outcome == EINTR || outcome == ENOMEM)
            return fluxi_fail(outcome);
        found = REAL(ppoll)(polls, count, &at_once, mask);
        if (found != 0 || outcome == ETIMEDOUT)
            return found;
    }
}

static const struct timespec *milliseconds(int timeout, struct timespec *value)
{
    *value = (struct timespec){timeout / 1000, timeout % 1000 * 1000000l};
    return timeout < 0 ? NULL : value;
}

int fluxi_call_poll(struct pollfd *polls, nfds_t count, int timeout)
{
    if (!fluxi_calls_act())
        return REAL(poll)(polls, count, timeout);
    struct timespec value;
    return poll_flow(polls, count, milliseconds(timeout, &value), NULL);
}

int fluxi_call_ppoll(struct pollfd *polls, nfds_t count, const struct timespec *timeout,
                     const sigset_t *mask)
{
    if (!fluxi_calls_act())
        return REAL(ppoll)(polls, count, timeout, mask);
    return poll_flow(polls, count, timeout, mask);
}

int fluxi_call___poll_chk(struct pollfd *polls, nfds_t count, int timeout, size_t room)
{
    if (count > room / sizeof *polls)
        __chk_fail();
    return fluxi_call_poll(polls, count, timeout);
}

int fluxi_call___ppoll_chk(struct pollfd *polls, nfds_t count, const struct timespec *timeout,
                           const sigset_t *mask, size_t room)
{
    if (count > room / sizeof *polls)
        __chk_fail();
    return fluxi_call_ppoll(polls, count, timeout, mask);
}

/* ---- select ---------------------------------------------------------------------------------- */

/* Its three sets; those that the caller did not give are empty. */
struct sets {
    fd_set in, out, except;
};

/* The caller's sets may be no larger than `count` descriptors need. */
static void copy(fd_set *to, const fd_set *from, int count)
{
    size_t words = ((size_t)count + NFDBITS - 1) / NFDBITS;
    if (to && from)
        memcpy(to, from, words * sizeof(fd_mask));
}

static size_t polls_of(const struct sets *sets, int count, struct pollfd *polls)
{
    size_t used = 0;
    for (int fd = 0; fd < count; fd++) {
        int events = (FD_ISSET(fd, &sets->in) ? POLLIN : 0) |
                     (FD_ISSET(fd, &sets->out) ? POLLOUT : 0) |
                     (FD_ISSET(fd, &sets->except) ? POLLPRI : 0);
        if (events == 0)
            continue;
        if (polls)
            polls[used] = (struct pollfd){.fd = fd, .events = (short)events};
        used++;
    }
    return used;
}

static int select_wait(const struct sets *wanted, int count, uint64_t until)
{
    struct pollfd few[FEW], *polls = few;
    size_t used = polls_of(wanted, count, NULL);
    if (used > FEW && !(polls = calloc(used, sizeof *polls)))
        return ENOMEM;
    polls_of(wanted, count, polls);
    int outcome = wait_for_any(polls, used, until);
    if (polls != few)
        free(polls);
    return outcome;
}

/* Answers in the caller's sets, which stay as they are on failure. */
static int select_now(int count, fd_set *in, fd_set *out, fd_set *except, const struct sets *wanted,
                      const sigset_t *mask)
{
    struct sets found = *wanted;
    int result = REAL(pselect)(count, in ? &found.in : NULL, out ? &found.out : NULL,
                               except ? &found.except : NULL, &at_once, mask);
    if (result < 0)
        return result;
    copy(in, &found.in, count);
    copy(out, &found.out, count);
    copy(except, &found.except, count);
    return result;
}

static int select_flow(int count, fd_set *in, fd_set *out, fd_set *except,
                       const struct timespec *timeout, const sigset_t *mask)
{
    if (count < 0 || !is_timeout(timeout))
        return fluxi_fail(EINVAL);
    struct sets wanted = {0};
    copy(&wanted.in, in, count);
    copy(&wanted.out, out, count);
    copy(&wanted.except, except, count);
    int found = select_now(count, in, out, except, &wanted, mask);
    if (found != 0 || (timeout && timeout->tv_sec == 0 && timeout->tv_nsec == 0))
        return found;
    uint64_t until = end_of(timeout);
    for (;;) {
        int outcome = select_wait(&wanted, count, until);
        if (outcome == EINTR || outcome == ENOMEM)
            return fluxi_fail(outcome);
        found = select_now(count, in, out, except, &wanted, mask);
        if (found != 0 || outcome == ETIMEDOUT)
            return found;
    }
}

/* Linux stores what is left of the timeout. */
int fluxi_call_select(int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
    if (!fluxi_calls_act() || count > FD_SETSIZE)
        return REAL(select)(count, in, out, except, timeout);
    if (!timeout)
        return select_flow(count, in, out, except, NULL, NULL);
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
        return fluxi_fail(EINVAL);
    struct timespec value = {timeout->tv_sec + timeout->tv_usec / 1000000,
                             timeout->tv_usec % 1000000 * 1000};
    uint64_t until = end_of(&value);
    int result = select_flow(count, in, out, except, &value, NULL);
    int error = errno;
    uint64_t now = flux_now(), left = until > now ? until - now : 0;
    *timeout = (struct timeval){(time_t)(left / 1000000000), (long)(left % 1000000000 / 1000)};
    errno = error;
    return result;
}

int fluxi_call_pselect(int count, fd_set *in, fd_set *out, fd_set *except,
                       const struct timespec *timeout, const sigset_t *mask)
{
    if (!fluxi_calls_act() || count > FD_SETSIZE)
        return REAL(pselect)(count, in, out, except, timeout, mask);
    return select_flow(count, in, out, except, timeout, mask);
}

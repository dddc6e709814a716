/* A seat waits for a descriptor, a time, or to be woken; what poll says is the test's (R36). */
#include "seat.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* What ppoll answers, in order: a number of descriptors, or an error number below 0. */
static const int *answers;
static short revents;
static unsigned calls;
static struct timespec limit; /* -1 s: none */
static void (*meanwhile)(void);

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time, const sigset_t *mask)
{
    assert_false(sigismember(mask, FLUXI_POKE));
    limit = time != NULL ? *time : (struct timespec){.tv_sec = -1};
    int answer = answers[calls++];
    if (meanwhile != NULL)
        meanwhile();
    if (answer > 0 && count > 0)
        fds[0].revents = revents;
    errno = answer < 0 ? -answer : 0;
    return answer < 0 ? -1 : answer;
}

static unsigned masks; /* system calls for them */

int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    assert_int_equal(how, SIG_SETMASK);
    assert_null(set);
    masks++;
    return sigfillset(before);
}

static struct fluxi_source source;

static int wait_for(uint64_t id, int fd, bool idle, short found, const int *given)
{
    struct flux_flow flow = {.id = id, .origin = &source};
    answers = given;
    revents = found;
    calls = 0;
    return fluxi_seat_await(&flow, fd, FLUX_READABLE, -1, idle, fluxi_seat_poll);
}

#define ANSWERS(...) ((const int[]){__VA_ARGS__})

static void await__ready_late_or_no_descriptor__says_so(void **state)
{
    (void)state;
    assert_int_equal(wait_for(1, 0, false, POLLIN, ANSWERS(1)), 0);
    assert_int_equal(limit.tv_sec, -1);
    assert_int_equal(wait_for(1, 0, false, POLLHUP, ANSWERS(1)), 0);
    assert_int_equal(wait_for(1, 0, false, POLLNVAL, ANSWERS(1)), EBADF);
    assert_int_equal(wait_for(1, -1, false, POLLIN, ANSWERS(1)), EBADF);
    assert_int_equal(wait_for(1, 0, false, 0, ANSWERS(0)), ETIMEDOUT);
}

static void await__poll_fails__its_error(void **state)
{
    (void)state;
    assert_int_equal(wait_for(1, 0, false, 0, ANSWERS(-EINTR, -EINTR, -ENOMEM)), ENOMEM);
    assert_int_equal(calls, 3);
}

static void stop(void)
{
    atomic_store(&fluxi_stopping, true);
}

static void stop_source(void)
{
    atomic_store(&source.stopped, true);
}

/* A poke interrupts; then it depends on who waits. */
static void await__stopping__idle_flows_and_sources_are_cancelled(void **state)
{
    (void)state;
    meanwhile = stop;
    assert_int_equal(wait_for(1, 0, true, POLLIN, ANSWERS(-EINTR)), ECANCELED);
    assert_int_equal(wait_for(1, 0, false, POLLIN, ANSWERS(-EINTR, 1)), 0);
    meanwhile = stop_source;
    assert_int_equal(wait_for(0, 0, false, POLLIN, ANSWERS(-EINTR)), ECANCELED);
    meanwhile = NULL;
    assert_int_equal(wait_for(0, 0, false, POLLIN, ANSWERS(1)), ECANCELED);
    assert_int_equal(calls, 0);
    atomic_store(&fluxi_stopping, false);
    atomic_store(&source.stopped, false);
}

static void rest__past_and_future__no_longer_than_that(void **state)
{
    (void)state;
    answers = ANSWERS(0, 0);
    calls = 0;
    fluxi_seat_rest(flux_now() - 1);
    assert_true(limit.tv_sec == 0 && limit.tv_nsec == 0);
    fluxi_seat_rest(flux_now() + UINT64_C(3500000000));
    assert_true(limit.tv_sec == 3 && limit.tv_nsec <= 500000000);
}

static void wait__woken_before__goes_on(void **state)
{
    struct fluxi_seat seat = {.woken = 0};
    (void)state;
    fluxi_seat_wake(&seat);
    fluxi_seat_wait(&seat);
    assert_int_equal(atomic_load(&seat.woken), 0);
}

/* ppoll is the only system call of an await. */
static void await__many_times__mask_is_asked_for_once(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(wait_for(1, 0, false, POLLIN, ANSWERS(1)), 0);
    assert_int_equal(masks, 1);
}

static unsigned runs;

/* Parks, and is handed what it waits for at once. */
static enum flux_next park_once(struct flux_flow *flow)
{
    if (++runs > 1)
        return FLUX_ENDED;
    fluxi_seat_wake(flow->home);
    return FLUX_PARKED;
}

static void run__flow_that_parks__is_run_again_when_it_is_woken(void **state)
{
    static const struct flux_source parking = {.run = park_once};
    struct fluxi_seat seat = {.woken = 0};
    struct flux_flow flow = {.source = &parking};
    (void)state;
    assert_int_equal(fluxi_seat_run(&seat, &flow), FLUX_ENDED);
    assert_int_equal(runs, 2);
    assert_int_equal(atomic_load(&seat.woken), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(await__ready_late_or_no_descriptor__says_so),
        cmocka_unit_test(await__poll_fails__its_error),
        cmocka_unit_test(await__stopping__idle_flows_and_sources_are_cancelled),
        cmocka_unit_test(await__many_times__mask_is_asked_for_once),
        cmocka_unit_test(rest__past_and_future__no_longer_than_that),
        cmocka_unit_test(wait__woken_before__goes_on),
        cmocka_unit_test(run__flow_that_parks__is_run_again_when_it_is_woken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

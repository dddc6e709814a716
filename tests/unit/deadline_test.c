/* Deadlines of threads and the one that watches them: who sets a timer, when the watcher looks,
 * whom it pokes. One thread plays all; time is the test's, in milliseconds. */
#include "seat.h"
#include "thread/thread.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MS      UINT64_C(1000000)
#define THREADS 3
#define WATCHER THREADS /* its number, after those of the threads */

static uint64_t now = 1000000 * MS;
static struct fluxi_thread threads[THREADS];
static unsigned pokes[THREADS + 1];

uint64_t flux_now(void)
{
    return now;
}

int pthread_kill(pthread_t thread, int signal)
{
    assert_int_equal(signal, FLUXI_POKE);
    pokes[thread]++;
    return 0;
}

/* ---- threads --------------------------------------------------------------------------------- */

_Thread_local struct fluxi_thread *fluxi_thread_self;

static uint64_t polled_until, known_until; /* by the kernel, by the watcher */
static bool polled_masked;
static unsigned polls, yields;
static void (*in_poll)(void);

static int poll_until(struct pollfd *waited, uint64_t time, uint64_t until, bool masked)
{
    assert_non_null(waited);
    assert_int_equal(time, now);
    polls++;
    polled_until = until;
    polled_masked = masked;
    known_until = fluxi_thread_self != NULL ? fluxi_thread_self->until : 0;
    if (in_poll != NULL)
        in_poll();
    errno = EINTR;
    return -1;
}

int fluxi_seat_poll(struct pollfd *waited, uint64_t time, uint64_t until)
{
    return poll_until(waited, time, until, true);
}

int fluxi_seat_poll_open(struct pollfd *waited, uint64_t time, uint64_t until)
{
    return poll_until(waited, time, until, false);
}

int sched_yield(void)
{
    yields++;
    errno = 0;
    return 0;
}

static void poll_in(struct fluxi_thread *thread, uint64_t until)
{
    struct pollfd waited = {.fd = 0};
    fluxi_thread_self = thread;
    assert_int_equal(fluxi_deadline_poll(&waited, now, until), -1);
    assert_int_equal(errno, EINTR);
}

/* Waits, and is not back yet. */
static void poll_on_in(struct fluxi_thread *thread, uint64_t until)
{
    poll_in(thread, until);
    thread->until = known_until;
}

/* ---- the watcher ----------------------------------------------------------------------------- */

static void *(*watch)(void *);
static bool no_threads;
static void (*before_look)(void), (*after_look)(void);
static unsigned looks;
static uint64_t rests_until;
static jmp_buf rests;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    assert_null(attributes);
    assert_null(argument);
    *thread = WATCHER;
    watch = start;
    return no_threads ? EAGAIN : 0;
}

int pthread_join(pthread_t thread, void **result)
{
    assert_int_equal(thread, WATCHER);
    assert_null(result);
    return 0;
}

void fluxi_threads_each(void (*function)(struct fluxi_thread *thread))
{
    looks++;
    if (before_look != NULL)
        before_look();
    for (unsigned i = 0; i < THREADS; i++)
        function(&threads[i]);
    if (after_look != NULL)
        after_look();
}

void fluxi_seat_rest(uint64_t until)
{
    rests_until = until;
    longjmp(rests, 1);
}

/* Lets it run until it sleeps; returns until when. */
static uint64_t watch_on(void)
{
    if (setjmp(rests) == 0)
        watch(NULL);
    return rests_until;
}

static int set_up(void **state)
{
    (void)state;
    before_look = after_look = in_poll = NULL;
    fluxi_stopping = false;
    polls = yields = 0;
    for (pthread_t i = 0; i < THREADS; i++)
        threads[i] = (struct fluxi_thread){.id = i, .until = FLUXI_BUSY};
    assert_int_equal(fluxi_deadlines_start(), 0);
    now += 1000000 * MS;
    assert_true(watch_on() == UINT64_MAX); /* what it knew is over */
    looks = 0;
    for (unsigned i = 0; i <= THREADS; i++)
        pokes[i] = 0;
    return 0;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void poll__short_or_without_limit__watcher_has_nothing_to_do(void **state)
{
    (void)state;
    poll_in(&threads[0], now + 499 * MS);
    assert_true(polled_until == now + 499 * MS && known_until == FLUXI_FOREVER);
    poll_in(&threads[0], now - MS);
    assert_true(polled_until == now - MS && known_until == FLUXI_FOREVER);
    poll_in(&threads[0], UINT64_MAX);
    assert_true(polled_until == UINT64_MAX && known_until == FLUXI_FOREVER);
    assert_false(polled_masked);
    assert_true(watch_on() == UINT64_MAX);
    assert_int_equal(pokes[WATCHER], 0);
}

static void poll__of_another_thread__is_as_ever(void **state)
{
    (void)state;
    poll_in(NULL, now + 60000 * MS);
    assert_true(polled_masked && polled_until == now + 60000 * MS);
    assert_int_equal(pokes[WATCHER], 0);
}

static void poll__long__watcher_knows_as_long_as_it_lasts(void **state)
{
    (void)state;
    poll_in(&threads[0], now + 500 * MS);
    assert_true(polled_until == UINT64_MAX && known_until == now + 500 * MS);
    assert_true(threads[0].until == FLUXI_BUSY);
    assert_int_equal(yields, 0);
}

static void poke_it(void)
{
    assert_true(fluxi_deadline_poke(&threads[0]));
}

static void poke__while_it_waits__has_arrived_when_the_wait_is_over(void **state)
{
    (void)state;
    in_poll = poke_it;
    poll_in(&threads[0], UINT64_MAX);
    assert_true(pokes[0] == 1 && yields == 1);
    assert_true(threads[0].until == FLUXI_BUSY);
}

static void poke__while_it_is_busy__is_not_sent(void **state)
{
    (void)state;
    assert_false(fluxi_deadline_poke(&threads[0]));
    assert_int_equal(pokes[0], 0);
}

static void poke__has_come_too_early__is_sent_again(void **state)
{
    (void)state;
    poll_on_in(&threads[0], UINT64_MAX);
    poke_it();
    poke_it();
    assert_int_equal(pokes[0], 2);
}

static void poll__program_stops__only_an_idle_one_does_not_begin(void **state)
{
    (void)state;
    fluxi_stopping = true;
    poll_in(&threads[0], UINT64_MAX);
    assert_int_equal(polls, 1);
    threads[0].idle = true;
    poll_in(&threads[0], UINT64_MAX);
    assert_int_equal(polls, 1);
    assert_true(threads[0].until == FLUXI_BUSY);
}

static void poll__before_all_others__wakes_the_watcher(void **state)
{
    (void)state;
    poll_in(&threads[0], now + 10000 * MS);
    assert_int_equal(pokes[WATCHER], 1);
    poll_in(&threads[1], now + 10000 * MS);
    poll_in(&threads[0], now + 20000 * MS);
    assert_int_equal(pokes[WATCHER], 1);
    assert_true(watch_on() == now + 9850 * MS);
    poll_in(&threads[2], now + 5000 * MS);
    assert_int_equal(pokes[WATCHER], 2);
    assert_true(watch_on() == now + 4850 * MS);
    assert_int_equal(looks, 0); /* it has slept on */
}

static void watch__time_has_come__pokes_whose_deadline_is_near(void **state)
{
    (void)state;
    uint64_t began = now;
    poll_on_in(&threads[0], began + 1000 * MS);
    poll_on_in(&threads[1], began + 1099 * MS);
    poll_on_in(&threads[2], began + 1120 * MS);
    assert_true(watch_on() == began + 850 * MS);
    now = began + 850 * MS;
    assert_true(watch_on() == began + 860 * MS);
    assert_true(pokes[0] == 1 && pokes[1] == 1 && pokes[2] == 0);
    threads[0].until = FLUXI_BUSY; /* the other has been poked just before it polls */
    now = began + 860 * MS;
    assert_true(watch_on() == began + 870 * MS);
    assert_true(pokes[0] == 1 && pokes[1] == 2 && pokes[2] == 0);
    threads[1].until = FLUXI_BUSY;
    now = began + 870 * MS;
    assert_true(watch_on() == began + 970 * MS);
    now = began + 970 * MS;
    assert_true(watch_on() == began + 980 * MS);
    threads[2].until = FLUXI_BUSY;
    now = began + 980 * MS;
    assert_true(watch_on() == UINT64_MAX);
    assert_true(pokes[0] == 1 && pokes[1] == 2 && pokes[2] == 1);
}

static void watch__comes_late__pokes_all_the_same(void **state)
{
    (void)state;
    poll_on_in(&threads[0], now + 1000 * MS);
    now += 5000 * MS;
    assert_true(watch_on() == now + 10 * MS);
    assert_int_equal(pokes[0], 1);
}

static void watch__wait_is_over__sleeps(void **state)
{
    (void)state;
    poll_in(&threads[0], now + 1000 * MS);
    now += 850 * MS;
    assert_true(watch_on() == UINT64_MAX);
    assert_int_equal(looks, 1);
    assert_int_equal(pokes[0], 0);
}

static void wait_for_a_minute(void)
{
    poll_on_in(&threads[0], now + 60000 * MS);
}

static void watch__wait_begins_around_a_look__is_not_overlooked(void **state)
{
    (void)state;
    for (int after = 0; after <= 1; after++) {
        poll_in(&threads[1], now + 1000 * MS);
        now += 850 * MS;
        *(after ? &after_look : &before_look) = wait_for_a_minute;
        assert_true(watch_on() == now + 59850 * MS);
        set_up(NULL);
    }
}

static void start__no_thread__says_so(void **state)
{
    (void)state;
    no_threads = true;
    assert_int_equal(fluxi_deadlines_start(), EAGAIN);
    no_threads = false;
}

static void stop__watcher_is_woken__it_ends(void **state)
{
    (void)state;
    fluxi_deadlines_stop();
    assert_int_equal(pokes[WATCHER], 1);
    assert_null(watch(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(poll__short_or_without_limit__watcher_has_nothing_to_do, set_up),
        cmocka_unit_test_setup(poll__of_another_thread__is_as_ever, set_up),
        cmocka_unit_test_setup(poll__long__watcher_knows_as_long_as_it_lasts, set_up),
        cmocka_unit_test_setup(poll__before_all_others__wakes_the_watcher, set_up),
        cmocka_unit_test_setup(poke__while_it_waits__has_arrived_when_the_wait_is_over, set_up),
        cmocka_unit_test_setup(poke__while_it_is_busy__is_not_sent, set_up),
        cmocka_unit_test_setup(poke__has_come_too_early__is_sent_again, set_up),
        cmocka_unit_test_setup(poll__program_stops__only_an_idle_one_does_not_begin, set_up),
        cmocka_unit_test_setup(watch__time_has_come__pokes_whose_deadline_is_near, set_up),
        cmocka_unit_test_setup(watch__comes_late__pokes_all_the_same, set_up),
        cmocka_unit_test_setup(watch__wait_is_over__sleeps, set_up),
        cmocka_unit_test_setup(watch__wait_begins_around_a_look__is_not_overlooked, set_up),
        cmocka_unit_test_setup(start__no_thread__says_so, set_up),
        cmocka_unit_test_setup(stop__watcher_is_woken__it_ends, set_up), /* last: it has ended */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

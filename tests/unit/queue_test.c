/* The queue of flows that can run: who is next, who sleeps, who is woken. One thread plays all:
 * what the others do meanwhile happens inside the calls that wait. */
#include "queue.h"
#include "seat.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define FLOWS 40

static struct flux_flow flows[FLOWS];
static void (*while_it_sleeps[3])(void); /* the n-th sleep, from 0 on */
static void (*while_it_looks)(void);
static unsigned sleeps, looks, signals, broadcasts;

static void sleep_through(void)
{
    assert_true(sleeps < 3);
    while_it_sleeps[sleeps++]();
}

void fluxi_seat_wait(struct fluxi_seat *seat)
{
    sleep_through();
    assert_int_equal(atomic_exchange(&seat->woken, 0), 1);
}

void fluxi_seat_wake(struct fluxi_seat *seat)
{
    signals++;
    atomic_store(&seat->woken, 1);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    (void)condition;
    pthread_mutex_unlock(mutex);
    sleep_through();
    pthread_mutex_lock(mutex);
    return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    (void)condition;
    broadcasts++;
    return 0;
}

int sched_yield(void)
{
    looks++;
    if (while_it_looks != NULL)
        while_it_looks();
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(flows, 0, sizeof flows);
    sleeps = looks = signals = broadcasts = 0;
    while_it_looks = NULL;
    fluxi_queue_bound = UINT64_MAX;
    assert_int_equal(fluxi_queue_length(), 0);
    return 0;
}

static void start(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        fluxi_queue_start(&flows[i]);
}

/* Makes them ready, as one list. */
static void make_ready(unsigned first, unsigned count)
{
    for (unsigned i = first; i + 1 < first + count; i++)
        flows[i].next = &flows[i + 1];
    flows[first + count - 1].next = NULL;
    fluxi_queue_ready(&flows[first]);
}

static void take(unsigned expected)
{
    struct flux_flow *flow = fluxi_queue_take();
    assert_ptr_equal(flow, &flows[expected]);
}

/* ---- who is next ----------------------------------------------------------------------------- */

static void take__fresh_and_ready__those_that_go_on_first(void **state)
{
    (void)state;
    start(0, 2);
    make_ready(2, 2);
    fluxi_queue_resume(&flows[4]);
    assert_int_equal(fluxi_queue_length(), 5);
    take(2);
    take(3);
    take(4);
    take(0);
    take(1);
    assert_int_equal(fluxi_queue_length(), 0);
    assert_int_equal(signals, 0); /* nobody sleeps */
}

static void take__more_and_more_ready__a_fresh_one_has_its_turn(void **state)
{
    (void)state;
    make_ready(1, 35);
    start(0, 1);
    for (unsigned i = 1; i <= 16; i++)
        take(i);
    take(0);
    for (unsigned i = 17; i <= 35; i++) /* with none that is fresh, without a break */
        take(i);
    assert_int_equal(looks, 0);
}

static void resume__flow_of_a_thread__wakes_that(void **state)
{
    struct fluxi_seat seat = {.woken = 0};
    (void)state;
    flows[0].home = &seat;
    fluxi_queue_resume(&flows[0]);
    assert_int_equal(atomic_load(&seat.woken), 1);
    assert_int_equal(fluxi_queue_length(), 0);
}

/* ---- who sleeps and is woken ----------------------------------------------------------------- */

static void start_one(void)
{
    if (looks == 2)
        start(0, 1);
}

static void take__one_comes_while_it_looks__no_sleep(void **state)
{
    (void)state;
    while_it_looks = start_one;
    take(0);
    assert_int_equal(sleeps + signals, 0);
    assert_int_equal(looks, 2);
}

static void two_come(void)
{
    start(0, 1);
    assert_int_equal(signals, 1);
    start(1, 1);
    assert_int_equal(signals, 1); /* the one that is on its way looks for more */
}

static void take__nothing__sleeps_until_there_is(void **state)
{
    (void)state;
    while_it_sleeps[0] = two_come;
    take(0);
    take(1);
    assert_int_equal(sleeps, 1);
    assert_int_equal(signals, 1);
}

static void three_come(void)
{
    start(0, 1);
    make_ready(1, 2);
    assert_int_equal(signals, 1);
}

/* The second thread is woken for the three; it finds more than it can run. */
static void second_thread(void)
{
    take(1);
    assert_int_equal(signals, 2);
}

static void take__more_than_one__wakes_the_next(void **state)
{
    (void)state;
    while_it_sleeps[0] = second_thread;
    while_it_sleeps[1] = three_come;
    take(2);
    assert_int_equal(sleeps, 2);
    take(0);
    assert_int_equal(signals, 2);
}

static void only_ready_ones_come(void)
{
    make_ready(0, 2);
}

static void second_thread_of_ready_ones(void)
{
    take(0);
    assert_int_equal(signals, 2);
}

static void take__more_than_one_ready__wakes_the_next(void **state)
{
    (void)state;
    while_it_sleeps[0] = second_thread_of_ready_ones;
    while_it_sleeps[1] = only_ready_ones_come;
    take(1);
    assert_int_equal(signals, 2);
}

static void start_one_more(void)
{
    if (looks == 4)
        start(0, 1);
}

static void second_thread_that_looks(void)
{
    while_it_looks = start_one_more;
    take(0);
    assert_int_equal(signals, 0);
    while_it_looks = NULL;
    start(1, 1);
    assert_int_equal(signals, 1);
}

static void take__one_comes_while_another_looks__sleeper_is_left_alone(void **state)
{
    (void)state;
    while_it_sleeps[0] = second_thread_that_looks;
    take(1);
    assert_int_equal(sleeps, 1);
}

/* ---- the bound ------------------------------------------------------------------------------- */

static void nothing_happens(void)
{
}

static void take_three(void)
{
    take(0);
    assert_int_equal(broadcasts, 0); /* not for each place */
    take(1);
    assert_int_equal(broadcasts, 1);
    take(2);
    assert_int_equal(broadcasts, 1);
}

static void start__full__waits_until_half_empty(void **state)
{
    (void)state;
    fluxi_queue_bound = 4;
    start(0, 4);
    while_it_sleeps[0] = nothing_happens; /* woken for no reason */
    while_it_sleeps[1] = take_three;
    start(4, 1);
    assert_int_equal(sleeps, 2);
    make_ready(5, 10); /* R33: no bound for them */
    for (unsigned i = 5; i < 15; i++)
        take(i);
    take(3);
    take(4);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void second_thread_to_the_end(void)
{
    assert_null(fluxi_queue_take());
}

static void take__closed__all_wake_and_there_is_what_is_left(void **state)
{
    (void)state;
    while_it_sleeps[0] = second_thread_to_the_end;
    while_it_sleeps[1] = fluxi_queue_close;
    assert_null(fluxi_queue_take());
    assert_int_equal(sleeps, 2);
    assert_int_equal(signals, 2);
    start(0, 1);
    take(0);
    assert_null(fluxi_queue_take());
    assert_int_equal(sleeps, 2);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(take__fresh_and_ready__those_that_go_on_first),
        TEST(take__more_and_more_ready__a_fresh_one_has_its_turn),
        TEST(resume__flow_of_a_thread__wakes_that),
        TEST(take__one_comes_while_it_looks__no_sleep),
        TEST(take__nothing__sleeps_until_there_is),
        TEST(take__more_than_one__wakes_the_next),
        TEST(take__more_than_one_ready__wakes_the_next),
        TEST(take__one_comes_while_another_looks__sleeper_is_left_alone),
        TEST(start__full__waits_until_half_empty),
        TEST(take__closed__all_wake_and_there_is_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

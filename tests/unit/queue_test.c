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

const struct flux_program flux_program = {.abi = FLUX_ABI_VERSION};

#define FLOWS 40

static struct flux_flow flows[FLOWS];
static void (*while_it_sleeps[3])(void); /* the n-th sleep, from 0 on */
static void (*while_it_looks)(void);
static unsigned sleeps, looks, signals, broadcasts;
static unsigned watches, glances, calls; /* at the lookout: waits, looks without waiting, calls */
static void (*while_it_watches[4])(void);
static unsigned seen, seen_count; /* flows that the next look brings */
static bool call_seen;

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

static struct flux_flow *list_of(unsigned first, unsigned count)
{
    for (unsigned i = first; i + 1 < first + count; i++)
        flows[i].next = &flows[i + 1];
    if (count > 0)
        flows[first + count - 1].next = NULL;
    return count > 0 ? &flows[first] : NULL;
}

static struct flux_flow *look(bool wait, bool *called)
{
    unsigned watch = watches;
    *(wait ? &watches : &glances) += 1;
    if (wait && while_it_watches[watch] != NULL)
        while_it_watches[watch]();
    struct flux_flow *list = list_of(seen, seen_count);
    seen_count = 0;
    *called = call_seen;
    call_seen = false;
    return list;
}

static void call(void)
{
    calls++;
}

static const struct fluxi_lookout lookout = {.look = look, .call = call};

static int begin(void **state)
{
    (void)state;
    memset(flows, 0, sizeof flows);
    sleeps = looks = signals = broadcasts = 0;
    watches = glances = calls = 0;
    memset(while_it_watches, 0, sizeof while_it_watches);
    fluxi_queue_watch(NULL, 0);
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
    fluxi_queue_ready(list_of(first, count));
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

/* ---- the lookout ----------------------------------------------------------------------------- */

static void see(unsigned first, unsigned count)
{
    seen = first;
    seen_count = count;
}

static void three_are_seen(void)
{
    assert_true(fluxi_queue_watched());
    see(0, 3);
}

static void take__lookout__what_it_sees_is_run_in_order(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 1);
    while_it_watches[0] = three_are_seen;
    take(0);
    assert_false(fluxi_queue_watched());
    assert_int_equal(fluxi_queue_length(), 2);
    take(1);
    take(2);
    while_it_watches[1] = three_are_seen;
    take(0); /* without having searched: nobody hands over what comes from there */
    assert_int_equal(watches, 2);
    assert_int_equal(looks + sleeps + signals + calls, 0);
    take(1);
    take(2);
}

static void turn__lookout__others_go_first_and_there_is_no_search(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 1);
    while_it_watches[0] = three_are_seen;
    take(0);
    fluxi_queue_turn(&flows[0]);
    take(1);
    take(2);
    take(0);
    while_it_watches[1] = three_are_seen;
    take(0);
    assert_int_equal(looks, 0);
    take(1);
    take(2);
    start(0, 1); /* by another thread: then it does */
    take(0);
    while_it_watches[2] = three_are_seen;
    take(0);
    assert_int_equal(looks, 3);
    take(1);
    take(2);
}

static void two_are_queued(void)
{
    start(0, 1);
    make_ready(1, 1);
    assert_int_equal(calls, 1); /* not again, before the first has come */
    call_seen = true;
}

static void take__queued_meanwhile__one_at_the_lookout_is_called(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 2);
    while_it_watches[0] = two_are_queued;
    take(1);
    assert_int_equal(calls, 1); /* nobody is there any more */
    take(0);
    while_it_watches[1] = two_are_queued;
    calls = 0;
    take(1);
    take(0);
}

/* The second of two threads sees two flows, and leaves one to the first. */
static void second_at_the_lookout(void)
{
    while_it_watches[1] = three_are_seen;
    take(0);
    assert_int_equal(calls, 1);
    call_seen = true;
}

static void take__sees_more_than_one__another_at_the_lookout_is_called(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 2);
    while_it_watches[0] = second_at_the_lookout;
    take(1);
    assert_int_equal(calls, 1);
    take(2);
}

static void one_is_seen(void)
{
    see(0, 1);
}

/* While the first thread sleeps, since there is no place, the second sees a flow and leaves. */
static void second_leaves_the_lookout(void)
{
    fluxi_queue_watch(&lookout, 1);
    while_it_watches[0] = one_is_seen;
    while_it_watches[1] = three_are_seen;
    take(0);
    assert_int_equal(signals, 1);
}

static void take__last_leaves_the_lookout__a_sleeper_goes_there(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 0);
    while_it_sleeps[0] = second_leaves_the_lookout;
    take(0);
    assert_int_equal(watches, 2);
    assert_int_equal(sleeps, 1);
    take(1);
    take(2);
}

static void take__always_ready__the_lookout_has_its_turn(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 1);
    while_it_watches[0] = one_is_seen;
    take(0);
    make_ready(1, 20);
    see(30, 1);
    for (unsigned i = 1; i <= 20; i++)
        take(i);
    take(30);
    assert_int_equal(glances, 1);
    assert_int_equal(watches, 1);
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

/* Two threads are at the lookout and two sleep. A call ends the wait of one of the former, and
 * whoever leaves calls the next. */
static void sleeper_to_the_end(void)
{
    assert_null(fluxi_queue_take());
}

static void sleepers_and_the_end(void)
{
    while_it_sleeps[0] = sleeper_to_the_end;
    while_it_sleeps[1] = fluxi_queue_close;
    assert_null(fluxi_queue_take());
    assert_int_equal(sleeps, 2);
    assert_int_equal(signals, 2);
    assert_int_equal(calls, 1);
    call_seen = true;
}

static void second_watcher_to_the_end(void)
{
    while_it_watches[1] = sleepers_and_the_end;
    assert_null(fluxi_queue_take());
    assert_int_equal(calls, 2);
    call_seen = true;
}

static void take__closed__all_wake_and_there_is_what_is_left(void **state)
{
    (void)state;
    fluxi_queue_watch(&lookout, 2);
    while_it_watches[0] = second_watcher_to_the_end;
    assert_null(fluxi_queue_take());
    assert_int_equal(calls, 2); /* nobody is left to be called */
    start(0, 1);
    take(0);
    assert_null(fluxi_queue_take());
    assert_int_equal(sleeps, 2);
    assert_int_equal(watches, 2);
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
        TEST(take__lookout__what_it_sees_is_run_in_order),
        TEST(turn__lookout__others_go_first_and_there_is_no_search),
        TEST(take__queued_meanwhile__one_at_the_lookout_is_called),
        TEST(take__sees_more_than_one__another_at_the_lookout_is_called),
        TEST(take__last_leaves_the_lookout__a_sleeper_goes_there),
        TEST(take__always_ready__the_lookout_has_its_turn),
        TEST(start__full__waits_until_half_empty),
        TEST(take__closed__all_wake_and_there_is_what_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The queue of a constraint: who runs, who waits, who is woken by whom and in which order (R28,
 * R29, R33). Every case but the last runs both with and without atomic operations. */
#include "capture.h"
#include "core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FLOWS 8

static struct flux_constraint constraint;
static struct flux_flow flows[FLOWS];
static struct flux_constraint *const constraints[] = {&constraint};
const struct flux_program flux_program = {
    .name = "test", .constraints = constraints, .constraint_count = 1};
static char woken[FLOWS + 1]; /* "013": those that were made ready, in order */

void fluxi_runtime_ready(struct flux_flow *flow)
{
    size_t length = strlen(woken);
    assert_true(length < FLOWS);
    assert_true(atomic_load(&constraint.guard) == 0);
    woken[length] = (char)('0' + (flow - flows));
}

/* What happens while a flow waits for the guard. */
static void (*meanwhile)(void);

void fluxi_guard_wait(atomic_uint *guard)
{
    meanwhile();
    atomic_store(guard, 1);
}

static int alone(void **state)
{
    (void)state;
    constraint = (struct flux_constraint)FLUX_CONSTRAINT("c", 3);
    memset(flows, 0, sizeof flows);
    memset(woken, 0, sizeof woken);
    fluxi_single_threaded = true;
    return 0;
}

static int shared(void **state)
{
    alone(state);
    fluxi_single_threaded = false;
    return 0;
}

static bool take(unsigned flow, enum flux_mode mode)
{
    return flux_take(&flows[flow], &constraint, mode, 100 + flow);
}

static void give(unsigned flow, enum flux_mode mode)
{
    flux_give(&flows[flow], &constraint, mode);
}

static void take__free__goes_on(void **state)
{
    (void)state;
    flows[0].error = 99;
    assert_true(take(0, FLUX_WRITE));
    assert_int_equal(flows[0].error, 0);
    give(0, FLUX_WRITE);
    assert_true(take(1, FLUX_READ));
    assert_true(take(2, FLUX_READ));
    give(1, FLUX_READ);
    give(2, FLUX_READ);
    assert_true(take(3, FLUX_WRITE));
    give(3, FLUX_WRITE);
    assert_string_equal(woken, "");
    assert_int_equal(atomic_load(&constraint.state), 0);
}

static void take__held__parks_with_its_place(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    flows[1].error = 99;
    assert_false(take(1, FLUX_READ));
    assert_int_equal(flows[1].at, 101);
    assert_int_equal(flows[1].error, 0);
    assert_string_equal(woken, "");
    give(0, FLUX_WRITE);
    assert_string_equal(woken, "1");
    give(1, FLUX_READ);
}

static void give__writers_wait__hands_over_in_order_of_arrival(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    for (unsigned i = 1; i < FLOWS; i++)
        assert_false(take(i, FLUX_WRITE));
    for (unsigned i = 0; i < FLOWS; i++)
        give(i, FLUX_WRITE); /* each holds it without having asked again */
    assert_string_equal(woken, "1234567");
    assert_int_equal(atomic_load(&constraint.state), 0);
}

static void give__readers_wait_side_by_side__woken_together(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    assert_false(take(1, FLUX_READ));
    assert_false(take(2, FLUX_READ));
    assert_false(take(3, FLUX_WRITE));
    assert_false(take(4, FLUX_READ));
    give(0, FLUX_WRITE);
    assert_string_equal(woken, "12");
    give(2, FLUX_READ);
    assert_string_equal(woken, "12");
    give(1, FLUX_READ);
    assert_string_equal(woken, "123");
    give(3, FLUX_WRITE);
    assert_string_equal(woken, "1234");
    give(4, FLUX_READ);
    assert_int_equal(atomic_load(&constraint.state), 0);
}

static void take__reader_behind_a_waiting_writer__waits(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_READ));
    assert_false(take(1, FLUX_WRITE));
    assert_false(take(2, FLUX_READ)); /* or readers could keep writers out for ever */
    give(0, FLUX_READ);
    assert_string_equal(woken, "1");
    give(1, FLUX_WRITE);
    assert_string_equal(woken, "12");
    assert_true(take(3, FLUX_READ)); /* nobody waits any more */
    give(2, FLUX_READ);
    give(3, FLUX_READ);
}

static void take__just_handed_over__waits(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    assert_false(take(1, FLUX_WRITE));
    give(0, FLUX_WRITE);
    assert_false(take(0, FLUX_WRITE)); /* it is 1's, which has not run yet */
    give(1, FLUX_WRITE);
    assert_string_equal(woken, "10");
    give(0, FLUX_WRITE);
}

static void give_first(void)
{
    give(0, FLUX_WRITE);
}

static void take__given_back_while_it_waits_for_the_guard__goes_on(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    atomic_store(&constraint.guard, 1); /* as if another flow were joining the queue */
    meanwhile = give_first;
    assert_true(take(1, FLUX_WRITE));
    assert_string_equal(woken, "");
    assert_int_equal(atomic_load(&constraint.guard), 0);
    give(1, FLUX_WRITE);
    assert_int_equal(atomic_load(&constraint.state), 0);
}

/* ---- what is said when flows do not end ------------------------------------------------------ */

static void check_summary(const char *words)
{
    char line[64];
    snprintf(line, sizeof line, "warning: constraint c: held by %s waiting\n", words);
    assert_non_null(strstr(capture(fluxi_constraints_summary), line));
}

static void summary__flows_wait__for_whom_and_how_many(void **state)
{
    (void)state;
    assert_string_equal(capture(fluxi_constraints_summary), "");
    assert_true(take(0, FLUX_WRITE));
    assert_string_equal(capture(fluxi_constraints_summary), "");
    assert_false(take(1, FLUX_READ));
    assert_false(take(2, FLUX_READ));
    check_summary(fluxi_single_threaded ? "a writer, some" : "a writer, 2");
    assert_false(take(3, FLUX_WRITE));
    give(0, FLUX_WRITE);
    check_summary(fluxi_single_threaded ? "2 readers, some" : "2 readers, 1");
    give(1, FLUX_READ);
    check_summary(fluxi_single_threaded ? "1 reader, some" : "1 reader, 1");
    give(2, FLUX_READ);
    assert_string_equal(capture(fluxi_constraints_summary), "");
    give(3, FLUX_WRITE);
}

/* As a moment later somebody has it. */
static void summary__being_handed_over__nobody_holds_it(void **state)
{
    (void)state;
    assert_true(take(0, FLUX_WRITE));
    assert_false(take(1, FLUX_WRITE));
    atomic_fetch_sub(&constraint.state, 1);
    check_summary(fluxi_single_threaded ? "nobody, some" : "nobody, 1");
    atomic_fetch_add(&constraint.state, 1);
    give(0, FLUX_WRITE);
    give(1, FLUX_WRITE);
}

#define CASE(function)                                                                             \
    {#function "__alone", function, alone, NULL, NULL},                                            \
    {                                                                                              \
#function "__shared", function, shared, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(take__free__goes_on),
        CASE(take__held__parks_with_its_place),
        CASE(give__writers_wait__hands_over_in_order_of_arrival),
        CASE(give__readers_wait_side_by_side__woken_together),
        CASE(take__reader_behind_a_waiting_writer__waits),
        CASE(take__just_handed_over__waits),
        CASE(summary__flows_wait__for_whom_and_how_many),
        CASE(summary__being_handed_over__nobody_holds_it),
        cmocka_unit_test_setup(take__given_back_while_it_waits_for_the_guard__goes_on, shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// build: debug
/* What debug builds watch (R28 to R31): at the borders of memory, of circles and of reports. What
 * is reported of which defect, tests/runtime/order.c has. */
#include "allocation.h"
#include "capture.h"
#include "debug/record.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FLOWS 300
#define NAMES 400

static const struct flux_source source = {.name = "Listen"};
static struct flux_flow flows[FLOWS];
static struct flux_constraint constraints[NAMES];
static char names[NAMES][8];

static int set_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FLOWS; i++)
        flows[i] = (struct flux_flow){.source = &source, .id = i + 1};
    for (unsigned i = 0; i < NAMES; i++) {
        snprintf(names[i], sizeof names[i], "c%u", i);
        constraints[i] = (struct flux_constraint)FLUX_CONSTRAINT(names[i], 0);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    allocations_left = -1;
    fluxi_order_free();
    return 0;
}

static void take(unsigned flow, unsigned constraint, enum flux_mode mode)
{
    fluxi_order_wants(&flows[flow], &constraints[constraint], mode, 7);
    fluxi_order_taken(&flows[flow]);
}

static void give(unsigned flow, unsigned constraint, enum flux_mode mode)
{
    fluxi_order_given(&flows[flow], &constraints[constraint], mode);
}

static void take_in_order(unsigned flow, unsigned first, unsigned second)
{
    take(flow, first, FLUX_WRITE);
    take(flow, second, FLUX_WRITE);
    give(flow, second, FLUX_WRITE);
    give(flow, first, FLUX_WRITE);
}

/* What a function logs before it aborts, in a process of its own. */
static void (*defect)(void);

static void run_defect(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        defect();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static const char *said_of(void (*function)(void))
{
    defect = function;
    return capture(run_defect);
}

/* ---- no memory ------------------------------------------------------------------------------- */

static void wants__no_record__not_watched_until_the_end(void **state)
{
    (void)state;
    allocations_left = 0;
    fluxi_order_born(&flows[0]);
    allocations_left = -1;
    take(0, 1, FLUX_WRITE);
    take(0, 0, FLUX_WRITE);
    fluxi_order_seen(&flows[0], 3);
    fluxi_order_waits(&flows[0]);
    give(0, 5, FLUX_READ); /* would be a defect, were it watched */
    fluxi_order_ended(&flows[0]);
    assert_null(fluxi_record_next(NULL));

    fluxi_order_born(&flows[0]);
    assert_non_null(fluxi_record_next(NULL));
    fluxi_order_ended(&flows[0]);
}

static void give_what_it_does_not_hold(void)
{
    give(0, 9, FLUX_WRITE);
}

static void wants__no_room__what_is_not_known_may_be_given(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        take(0, i, FLUX_WRITE);
    take_in_order(1, 3, 4); /* the pairs are known, so that room alone is lacking below */
    take_in_order(1, 2, 4);
    take_in_order(1, 1, 4);
    take_in_order(1, 0, 4);
    allocations_left = 0;
    take(0, 4, FLUX_WRITE);
    allocations_left = -1;
    give(0, 4, FLUX_WRITE);
    for (unsigned i = 4; i-- > 0;)
        give(0, i, FLUX_WRITE);
    fluxi_order_ended(&flows[0]);

    fluxi_order_born(&flows[0]); /* the same record, and all of it is known again */
    assert_non_null(strstr(said_of(give_what_it_does_not_hold), "c9 is given back (writing)"));
    fluxi_order_ended(&flows[0]);
    fluxi_order_ended(&flows[1]);
}

static void take_in_order_of_names(void)
{
    take_in_order(0, 0, 1);
}

/* What could not be noted is new the next time. */
static void wants__no_room_in_the_graph__found_later(void **state)
{
    (void)state;
    take(0, 0, FLUX_WRITE);
    give(0, 0, FLUX_WRITE);       /* has a record with room */
    const int left[] = {0, 1, 1}; /* no first node; no second; no edge */
    for (unsigned i = 0; i < 3; i++) {
        allocations_left = left[i];
        take_in_order_of_names();
    }
    allocations_left = -1;
    take_in_order(0, 1, 0);
    assert_non_null(strstr(said_of(take_in_order_of_names), "circle: c0, c1, c0:"));
    fluxi_order_ended(&flows[0]);
}

static void wants__more_pairs_than_are_kept__goes_on(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) /* 79,800 pairs */
        take(0, i, FLUX_READ);
    for (unsigned i = 0; i < NAMES; i++)
        give(0, i, FLUX_READ);
    fluxi_order_ended(&flows[0]);
}

/* ---- circles --------------------------------------------------------------------------------- */

#define LONG 20

static void close_long_circle(void)
{
    take_in_order(LONG, LONG - 1, 0);
}

static void wants__long_circle__reported_in_part(void **state)
{
    (void)state;
    for (unsigned i = 0; i + 1 < LONG; i++)
        take_in_order(i, i, i + 1);
    const char *said = said_of(close_long_circle);
    assert_non_null(strstr(said, "circle: c19, c0, c4, c5,"));
    assert_non_null(strstr(said, "flow 21 of Listen holds c19 (writing, point 7) and wants c0 ("));
    assert_null(strstr(said, "flow 3 of Listen"));
    assert_non_null(strstr(said, "flow 4 of Listen held c3 (writing, point 7) and wanted c4 ("));
    assert_non_null(strstr(said, "flow 19 of Listen held c18 (writing, point 7) and wanted c19 ("));
    for (unsigned i = 0; i < LONG; i++)
        fluxi_order_ended(&flows[i]);
}

/* Two ways around: the shorter one is told. */
static void close_two_circles(void)
{
    take_in_order(9, 3, 0);
}

static void wants__two_circles__the_shorter_one(void **state)
{
    (void)state;
    take_in_order(0, 0, 1);
    take_in_order(1, 1, 2);
    take_in_order(2, 2, 3);
    take_in_order(3, 1, 3);
    take_in_order(4, 0, 2);
    const char *said = said_of(close_two_circles);
    assert_true(strstr(said, "circle: c3, c0, c1, c3:") || strstr(said, "circle: c3, c0, c2, c3:"));
    for (unsigned i = 0; i < 5; i++)
        fluxi_order_ended(&flows[i]);
}

/* Two of one name, as of two sessions, in one flow: their order could be either. */
static void take_two_of_a_name(void)
{
    static char name[] = "c0";
    static struct flux_constraint other = FLUX_CONSTRAINT(name, 0);
    take(0, 0, FLUX_WRITE);
    fluxi_order_wants(&flows[0], &other, FLUX_READ, 8);
}

static void wants__two_of_a_name__reported(void **state)
{
    (void)state;
    assert_non_null(strstr(said_of(take_two_of_a_name), "constraint c0 is taken by a flow that"));
}

/* ---- who holds what -------------------------------------------------------------------------- */

static void report__nobody__says_so(void **state)
{
    (void)state;
    const char *said = capture(fluxi_order_report);
    assert_non_null(strstr(said, "who holds what:\n"));
    assert_non_null(strstr(said, "  no flow is alive\n"));
}

static void report__queue__who_is_before_whom(void **state)
{
    (void)state;
    flows[9].source = NULL;
    for (unsigned i = 0; i < 10; i++)
        take(i, 0, FLUX_READ);
    for (unsigned i = 10; i < 13; i++) {
        uint64_t now = flux_now();
        fluxi_order_wants(&flows[i], &constraints[0], FLUX_WRITE, 5);
        fluxi_order_waits(&flows[i]);
        while (flux_now() == now)
            continue;
    }
    fluxi_order_wants(&flows[13], &constraints[1], FLUX_READ, 5);
    fluxi_order_waits(&flows[13]);
    fluxi_order_wants(&flows[14], &constraints[1], FLUX_READ, 5); /* about to take it */
    fluxi_order_seen(&flows[15], 6);
    fluxi_order_born(&flows[16]);
    const char *said = capture(fluxi_order_report), *line = strstr(said, "flow 13 of Listen holds");
    assert_non_null(
        strstr(said, "  flow 1 of Listen holds c0 (reading, point 7), last seen at point 7"));
    assert_non_null(strstr(said, "  flow 10 of ? holds c0 (reading, point 7)"));
    assert_non_null(line);
    line = strndup(line, strcspn(line, "\n"));
    assert_non_null(strstr(line, "flow 13 of Listen holds nothing and has waited 0."));
    assert_non_null(
        strstr(line, " s for c0 (writing, point 5): held by flow 1 of Listen (reading), "));
    assert_non_null(strstr(line, "flow 8 of Listen (reading) and 2 more, in the queue before it "
                                 "flow 11 of Listen (writing), flow 12 of Listen (writing)"));
    free((char *)line);
    assert_non_null(strstr(said, " s for c1 (reading, point 5): nobody holds it\n"));
    assert_non_null(strstr(said, "  flow 15 of Listen holds nothing, last seen at point 5\n"));
    assert_non_null(strstr(said, "  flow 16 of Listen holds nothing, last seen at point 6\n"));
    assert_non_null(strstr(said, "  flow 17 of Listen holds nothing\n"));
}

static void report__holds_more_than_fit__cut(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++)
        take(0, i, FLUX_READ);
    const char *said = capture(fluxi_order_report);
    assert_non_null(strstr(said, "flow 1 of Listen holds c0 (reading, point 7), c1 (reading, "));
    assert_null(strstr(said, "c399"));
    assert_true(strlen(said) < 2000);
}

static void report__many__the_first_and_how_many_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FLOWS; i++) {
        if (i < 250)
            take(i, i, FLUX_WRITE);
        else
            fluxi_order_born(&flows[i]);
    }
    const char *said = capture(fluxi_order_report);
    assert_non_null(strstr(said, "flow 200 of Listen holds c199"));
    assert_null(strstr(said, "flow 201 of Listen"));
    assert_non_null(strstr(said, "flow 270 of Listen holds nothing"));
    assert_null(strstr(said, "flow 271 of Listen"));
    assert_non_null(strstr(said, "  and 80 more flows\n"));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wants__no_record__not_watched_until_the_end),
        CASE(wants__no_room__what_is_not_known_may_be_given),
        CASE(wants__no_room_in_the_graph__found_later),
        CASE(wants__more_pairs_than_are_kept__goes_on),
        CASE(wants__long_circle__reported_in_part),
        CASE(wants__two_circles__the_shorter_one),
        CASE(wants__two_of_a_name__reported),
        CASE(report__nobody__says_so),
        CASE(report__queue__who_is_before_whom),
        CASE(report__holds_more_than_fit__cut),
        CASE(report__many__the_first_and_how_many_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

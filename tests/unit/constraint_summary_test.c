/* What is logged of constraints when flows do not end. */
#include "capture.h"
#include "core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static struct flux_constraint free_one = FLUX_CONSTRAINT("free", 0);
static struct flux_constraint written = FLUX_CONSTRAINT("written", 1);
static struct flux_constraint read_by_one = FLUX_CONSTRAINT("one", 2);
static struct flux_constraint read_by_two = FLUX_CONSTRAINT("two", 3);
static struct flux_constraint uncontended = FLUX_CONSTRAINT("uncontended", 4);
static struct flux_constraint between = FLUX_CONSTRAINT("between", 5);

static struct flux_constraint *const constraints[] = {&free_one,    &written,     &read_by_one,
                                                      &read_by_two, &uncontended, &between};
const struct flux_program flux_program = {
    .name = "test", .constraints = constraints, .constraint_count = 6};

static struct flux_flow flows[20];
static unsigned used;

void fluxi_runtime_ready(struct flux_flow *flow)
{
    (void)flow;
}

static bool take(struct flux_constraint *constraint, enum flux_mode mode)
{
    return flux_take(&flows[used++], constraint, mode, 1);
}

static void says(const char *log, const char *line)
{
    assert_non_null(strstr(log, line));
}

static void summary__contended_ones__holders_and_queue(void **state)
{
    (void)state;
    assert_true(take(&written, FLUX_WRITE));
    assert_false(take(&written, FLUX_READ));
    assert_false(take(&written, FLUX_WRITE));
    assert_true(take(&read_by_one, FLUX_READ));
    assert_false(take(&read_by_one, FLUX_WRITE));
    assert_true(take(&read_by_two, FLUX_READ));
    assert_true(take(&read_by_two, FLUX_READ));
    assert_false(take(&read_by_two, FLUX_WRITE));
    assert_true(take(&uncontended, FLUX_WRITE));
    /* As when its last holder is about to hand it over. */
    assert_true(take(&between, FLUX_WRITE));
    assert_false(take(&between, FLUX_WRITE));
    atomic_fetch_sub(&between.state, 1);

    const char *log = capture(fluxi_constraints_summary);
    says(log, "warning: constraint written: held by a writer, 2 waiting\n");
    says(log, "warning: constraint one: held by 1 reader, 1 waiting\n");
    says(log, "warning: constraint two: held by 2 readers, 1 waiting\n");
    says(log, "warning: constraint between: held by nobody, 1 waiting\n");
    assert_null(strstr(log, "constraint free"));
    assert_null(strstr(log, "constraint uncontended"));

    fluxi_single_threaded = true; /* the queue is another thread's */
    says(capture(fluxi_constraints_summary), "constraint written: held by a writer, some waiting");
    fluxi_single_threaded = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summary__contended_ones__holders_and_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

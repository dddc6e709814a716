/* Sessions where memory or random numbers are short (R32). */
#include "allocation.h"
#include "core.h"
#include "session.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include <cmocka.h>

static const char *const names[] = {"a"};
const struct flux_program flux_program = {
    .name = "test", .session_constraints = names, .session_constraint_count = 1};

static struct flux_flow other = {.session_id = 7};

/* The kernel has no random numbers yet, and another thread is as far when it is asked. */
ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    static unsigned calls;
    assert_int_equal(flags, GRND_NONBLOCK);
    if (calls++ > 0) {
        errno = EAGAIN;
        return -1;
    }
    assert_int_equal(flux_session_join(&other), 0);
    memset(buffer, 1, size);
    return (ssize_t)size;
}

static void join__two_first_ones_at_once__same_session(void **state)
{
    struct flux_flow flow = {.session_id = 7};
    (void)state;
    assert_int_equal(flux_session_join(&flow), 0);
    assert_ptr_equal(flow.session, other.session);
    fluxi_session_leave(&flow);
    fluxi_session_leave(&other);
    fluxi_sessions_free();
}

static void join__no_memory__says_so_and_works_later(void **state)
{
    struct flux_flow flow = {.session_id = 1};
    (void)state;
    allocations_left = 0;
    assert_int_equal(flux_session_join(&flow), ENOMEM); /* no table */
    assert_null(flow.session);
    allocations_left = 1;
    assert_int_equal(flux_session_join(&flow), ENOMEM); /* no session */
    assert_null(flow.session);
    fluxi_session_leave(&flow);
    allocations_left = -1;
    assert_int_equal(flux_session_join(&flow), 0);
    assert_non_null(flow.session);
    fluxi_session_leave(&flow);
    fluxi_sessions_free();
}

/* Tables that cannot grow, or shrink, are slower and nothing else. */
static void join__no_memory_for_larger_tables__found_all_the_same(void **state)
{
    enum { CROWD = 5000 };
    struct flux_flow *flows = calloc(CROWD, sizeof *flows), again = {.session_id = 0};
    (void)state;
    allocation_max = 16 * sizeof(void *);
    for (unsigned i = 0; i < CROWD; i++) {
        flows[i].session_id = i;
        assert_int_equal(flux_session_join(&flows[i]), 0);
    }
    for (unsigned i = 0; i < CROWD; i += 100) {
        again.session_id = i;
        assert_int_equal(flux_session_join(&again), 0);
        assert_ptr_equal(again.session, flows[i].session);
        fluxi_session_leave(&again);
    }
    allocation_max = SIZE_MAX;
    again.session_id = CROWD;
    assert_int_equal(flux_session_join(&again), 0);
    fluxi_session_leave(&again);
    allocations_left = 0;
    for (unsigned i = 0; i < CROWD; i++)
        fluxi_session_leave(&flows[i]);
    allocations_left = -1;
    fluxi_sessions_free();
    free(flows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join__two_first_ones_at_once__same_session),
        cmocka_unit_test(join__no_memory__says_so_and_works_later),
        cmocka_unit_test(join__no_memory_for_larger_tables__found_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

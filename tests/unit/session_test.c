/* Sessions: found by id, shared by their flows, gone with the last one (R17, R32). */
#include "core.h"
#include "session.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = {"a", "b"};
const struct flux_program flux_program = {
    .name = "test", .session_constraints = names, .session_constraint_count = 2};

void fluxi_runtime_ready(struct flux_flow *flow)
{
    (void)flow;
}

static struct flux_flow join(uint64_t id)
{
    struct flux_flow flow = {.session_id = id};
    assert_int_equal(flux_session_join(&flow), 0);
    assert_non_null(flow.session);
    return flow;
}

static void join__same_id__same_session(void **state)
{
    (void)state;
    struct flux_flow one = join(7), two = join(7), other = join(8);
    assert_ptr_equal(one.session, two.session);
    assert_ptr_not_equal(one.session, other.session);
    assert_string_equal(one.session->constraints[1].name, "b");
    assert_int_equal(one.session->constraints[1].rank, 1);
    assert_true(flux_take_session(&one, 1, FLUX_WRITE, 1));
    assert_false(flux_take_session(&two, 1, FLUX_READ, 1));
    assert_true(flux_take_session(&other, 1, FLUX_WRITE, 1));
    flux_give_session(&one, 1, FLUX_WRITE);
    flux_give_session(&two, 1, FLUX_READ);
    flux_give_session(&other, 1, FLUX_WRITE);
    fluxi_session_leave(&one);
    assert_null(one.session);
    fluxi_session_leave(&one); /* again: nothing happens */
    struct flux_flow three = join(7);
    assert_ptr_equal(three.session, two.session);
    fluxi_session_leave(&two);
    fluxi_session_leave(&three);
    fluxi_session_leave(&other);
}

static void leave__last_flow__session_is_new_next_time(void **state)
{
    (void)state;
    struct flux_flow flow = join(0);
    assert_true(flux_take_session(&flow, 0, FLUX_WRITE, 1));
    fluxi_session_leave(&flow); /* as if it were forgotten: a fresh session is free all the same */
    flow = join(0);
    assert_true(flux_take_session(&flow, 0, FLUX_WRITE, 1));
    flux_give_session(&flow, 0, FLUX_WRITE);
    fluxi_session_leave(&flow);
}

/* A million sessions, a hundred thousand at a time: the tables grow, shrink, and leave nothing. */
static void join__millions__memory_comes_back(void **state)
{
    enum { CROWD = 100000 };
    (void)state;
    struct flux_flow *flows = calloc(CROWD, sizeof *flows);
    assert_non_null(flows);
    size_t before = mallinfo2().uordblks;
    for (uint64_t round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < CROWD; i++) {
            flows[i].session_id = (round * CROWD + i) << 32; /* alike in their low bits */
            assert_int_equal(flux_session_join(&flows[i]), 0);
        }
        assert_int_equal(flows[0].session->flows, 1);
        for (uint64_t i = 0; i < CROWD; i++)
            fluxi_session_leave(&flows[i]);
    }
    assert_true(mallinfo2().uordblks < before + 65536);
    fluxi_sessions_free();
    free(flows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join__same_id__same_session),
        cmocka_unit_test(leave__last_flow__session_is_new_next_time),
        cmocka_unit_test(join__millions__memory_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

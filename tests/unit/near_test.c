/* "Did you mean": which names are near each other. */
#include "near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *nearest(const char *name, const char *const *candidates)
{
    struct near near = near_to(name);
    for (; *candidates != NULL; candidates++)
        near_try(&near, *candidates);
    return near.best;
}

#define NEAREST(name, ...) nearest((name), (const char *const[]){__VA_ARGS__, NULL})

static void near_try__one_slip__is_found(void **state)
{
    (void)state;
    assert_string_equal(NEAREST("ReadReqest", "Read", "ReadRequest", "Write"), "ReadRequest");
    assert_string_equal(NEAREST("Wirte", "Read", "Write"), "Write");
    assert_string_equal(NEAREST("hut", "hit", "miss"), "hit");
    assert_string_equal(NEAREST("Complet", "Complete"), "Complete");
    assert_string_equal(NEAREST("Compleete", "Complete"), "Complete");
}

static void near_try__other_case__is_no_slip(void **state)
{
    (void)state;
    assert_string_equal(NEAREST("reply", "Repl", "Reply"), "Reply");
    assert_string_equal(NEAREST("A", "a"), "a");
}

static void near_try__too_far__is_nothing(void **state)
{
    (void)state;
    assert_null(NEAREST("A", "B"));
    assert_null(NEAREST("hit", "miss", "cat"));
    assert_null(NEAREST("Read", "Write", "Complete"));
    assert_null(NEAREST("Rd", "Read"));
    assert_null(NEAREST("ABCDEFGHI", "WXYZEFGHI"));
}

static void near_try__several__the_nearest_and_then_the_first(void **state)
{
    (void)state;
    assert_string_equal(NEAREST("ReadRequst", "ReadRequests", "ReadRequest"), "ReadRequest");
    assert_string_equal(NEAREST("Send1", "Send2", "Send3"), "Send2");
}

static void near_try__long_names__are_left_alone(void **state)
{
    (void)state;
    char name[1000], other[1000];
    memset(name, 'a', sizeof name - 1);
    memset(other, 'a', sizeof other - 1);
    name[sizeof name - 1] = other[sizeof other - 1] = '\0';
    assert_null(NEAREST(name, other));
    name[64] = '\0';
    assert_null(NEAREST(name, other));
    other[67] = '\0';
    assert_ptr_equal(NEAREST(name, other), other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_try__one_slip__is_found),
        cmocka_unit_test(near_try__other_case__is_no_slip),
        cmocka_unit_test(near_try__too_far__is_nothing),
        cmocka_unit_test(near_try__several__the_nearest_and_then_the_first),
        cmocka_unit_test(near_try__long_names__are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

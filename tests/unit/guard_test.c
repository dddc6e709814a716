/* Guards: taken when free, slept for when not; the sleeping is the test's. */
#include "guard.h"

#include <linux/futex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <cmocka.h>

static atomic_uint guard;
static unsigned sleeps, wakes;

/* Who sleeps is woken for nothing the first time, then by the holder. */
long syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    assert_int_equal(number, SYS_futex);
    assert_ptr_equal(va_arg(arguments, atomic_uint *), &guard);
    int operation = va_arg(arguments, int);
    unsigned value = va_arg(arguments, unsigned);
    va_end(arguments);
    if (operation == FUTEX_WAKE_PRIVATE) {
        assert_int_equal(value, 1);
        wakes++;
        return 1;
    }
    assert_int_equal(operation, FUTEX_WAIT_PRIVATE);
    assert_int_equal(value, 2);
    assert_int_equal(atomic_load(&guard), 2);
    if (++sleeps == 2)
        fluxi_guard_unlock(&guard);
    return 0;
}

static void lock__free__nobody_is_woken(void **state)
{
    (void)state;
    fluxi_guard_lock(&guard);
    assert_int_equal(atomic_load(&guard), 1);
    fluxi_guard_unlock(&guard);
    assert_int_equal(atomic_load(&guard), 0);
    assert_int_equal(sleeps + wakes, 0);
}

static void wait__free_meanwhile__no_sleep(void **state)
{
    (void)state;
    fluxi_guard_wait(&guard);
    assert_int_equal(atomic_load(&guard), 1);
    fluxi_guard_unlock(&guard);
    assert_int_equal(sleeps + wakes, 0);
}

static void lock__held_for_long__sleeps_and_wakes_the_next(void **state)
{
    (void)state;
    fluxi_guard_lock(&guard);
    fluxi_guard_lock(&guard);
    assert_int_equal(sleeps, 2);
    assert_int_equal(wakes, 1);
    fluxi_guard_unlock(&guard); /* another may sleep */
    assert_int_equal(wakes, 2);
    assert_int_equal(atomic_load(&guard), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lock__free__nobody_is_woken),
        cmocka_unit_test(wait__free_meanwhile__no_sleep),
        cmocka_unit_test(lock__held_for_long__sleeps_and_wakes_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

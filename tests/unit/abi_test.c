/* A program that was compiled for another version of the runtimes does not run. The core's main
 * stays the program's: the test runs before it, and calls it. */
#include "capture.h"
#include "flux_abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

int main(int argc, char **argv);

static int initial(void)
{
    abort();
}

const struct flux_program flux_program = {
    .abi = FLUX_ABI_VERSION + 1, .name = "old", .initial = initial};

static int named; /* 0: started without even a name */

static void run(void)
{
    char name[] = "./server", *argv[] = {named ? name : NULL, NULL};
    assert_int_equal(main(named, argv), 2);
}

static void main__other_version__both_are_said(void **state)
{
    (void)state;
    named = 1;
    assert_string_equal(capture(run), "./server: compiled for version 4 of the runtimes, linked "
                                      "with version 3\n");
    named = 0;
    assert_memory_equal(capture(run), "old: compiled for version 4", 27);
}

__attribute__((constructor)) static void instead_of_main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main__other_version__both_are_said),
    };
    exit(cmocka_run_group_tests(tests, NULL, NULL));
}

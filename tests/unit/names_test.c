/* Names that are taken (R6). */
#include "names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void name_of_function_refused__taken__says_why(void **state)
{
    (void)state;
    static const char *const taken[] = {
        "_",        "main",  "int",  "while",  "_Bool",  "bool",    "flux_x",      "FLUX_X",
        "accept",   "poll",  "read", "write",  "writev", "usleep",  "getaddrinfo", "abort",
        "vmsplice", "close", "__x",  "malloc", "memcpy", "va_start"};
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        assert_non_null(name_of_function_refused(taken[i]));
}

static void name_of_function_refused__free__is_not(void **state)
{
    (void)state;
    static const char *const names[] = {"Read",  "session", "source", "every",  "Accept", "log",
                                        "class", "Flux_",   "flux",   "reader", "_x",     "s"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_null(name_of_function_refused(names[i]));
}

static void name_of_field_refused__keyword_or_ours__says_why(void **state)
{
    (void)state;
    assert_non_null(name_of_field_refused("while"));
    assert_non_null(name_of_field_refused("true"));
    assert_non_null(name_of_field_refused("flux_id"));
    assert_null(name_of_field_refused("flux_error")); /* R24 */
    assert_null(name_of_field_refused("read"));
    assert_null(name_of_field_refused("main"));
}

static void name_refused__not_a_name_in_c__may_be_anything_but_ours(void **state)
{
    (void)state;
    assert_null(name_refused("while"));
    assert_null(name_refused("read"));
    assert_non_null(name_refused("flux_lock"));
}

static void name_is_cpp_keyword__keywords_of_cpp_alone(void **state)
{
    (void)state;
    static const char *const keywords[] = {"alignas", "class", "new", "this", "xor_eq", "co_await"};
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
        assert_true(name_is_cpp_keyword(keywords[i]));
    assert_false(name_is_cpp_keyword("while"));
    assert_false(name_is_cpp_keyword("Class"));
    assert_false(name_is_cpp_keyword("zebra"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_of_function_refused__taken__says_why),
        cmocka_unit_test(name_of_function_refused__free__is_not),
        cmocka_unit_test(name_of_field_refused__keyword_or_ours__says_why),
        cmocka_unit_test(name_refused__not_a_name_in_c__may_be_anything_but_ours),
        cmocka_unit_test(name_is_cpp_keyword__keywords_of_cpp_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

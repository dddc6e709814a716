/* Accept-Encoding (RFC 9110, section 12.5.3). */
#include "accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

static enum accept_encoding ask(const char *fields)
{
    char head[500];
    struct http_request request = {0};
    size_t end;
    int length = snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    assert_int_equal(http_head_parse(&request, head, (size_t)length, &end), 0);
    assert_int_equal(accept_gzip(&request), accept_encoding(&request) == ACCEPT_GZIP);
    return accept_encoding(&request);
}

static void expect(const char *value, enum accept_encoding expected)
{
    char field[200];
    snprintf(field, sizeof field, "Accept-Encoding: %s\r\n", value);
    if (ask(field) != expected)
        print_error("%s\n", value);
    assert_int_equal(ask(field), expected);
}

static void accept_encoding__rfc9110_12_5_3_rules__what_is_preferred(void **state)
{
    (void)state;
    assert_int_equal(ask(""), ACCEPT_IDENTITY);
    expect("", ACCEPT_IDENTITY);
    expect("gzip", ACCEPT_GZIP);
    expect("GZip", ACCEPT_GZIP);
    expect("x-gzip", ACCEPT_GZIP);
    expect("gzip, deflate, br, zstd", ACCEPT_GZIP);
    expect("compress, gzip", ACCEPT_GZIP);
    expect("compress;q=0.5, gzip;q=1.0", ACCEPT_GZIP);
    expect("br", ACCEPT_IDENTITY);
    expect("gzip;q=0", ACCEPT_IDENTITY);
    expect("gzip;q=0.000", ACCEPT_IDENTITY);
    expect("gzip;q=0.001", ACCEPT_GZIP);
    expect("identity", ACCEPT_IDENTITY);
    expect("gzip, identity", ACCEPT_GZIP);
    expect("gzip;q=0.5, identity", ACCEPT_IDENTITY);
    expect("gzip;q=0.5, identity;q=0.4", ACCEPT_GZIP);
    expect("gzip;q=1.0, identity; q=0.5, *;q=0", ACCEPT_GZIP);
    /* Nothing that is left. */
    expect("identity;q=0", ACCEPT_NOTHING);
    expect("br, identity;q=0", ACCEPT_NOTHING);
    expect("gzip;q=0, identity;q=0", ACCEPT_NOTHING);
    expect("gzip, identity;q=0", ACCEPT_GZIP);
}

static void accept_encoding__rfc9110_12_5_3_asterisk__all_that_is_not_named(void **state)
{
    (void)state;
    expect("*", ACCEPT_IDENTITY);
    expect("*;q=0.5", ACCEPT_IDENTITY);
    expect("*;q=0", ACCEPT_NOTHING);
    expect("*;q=0, identity", ACCEPT_IDENTITY);
    expect("identity;q=0.5, *", ACCEPT_GZIP);
    expect("identity;q=0, *", ACCEPT_GZIP);
    expect("gzip;q=0.5, *", ACCEPT_IDENTITY);
    expect("gzip, *;q=0", ACCEPT_GZIP);
    expect("gzip;q=0, *", ACCEPT_IDENTITY);
    expect("gzip, *", ACCEPT_GZIP);
}

/* RFC 9110, section 12.4.2. */
static void accept_encoding__rfc9110_12_4_2_weights__by_the_grammar(void **state)
{
    (void)state;
    const char *const valid[] = {"gzip;q=1",        "gzip;q=1.",    "gzip;q=1.000", "gzip;Q=0.9",
                                 "gzip ;\tq=0.123", "gzip ; q=0.1", "gzip;q=0.01"};
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        expect(valid[i], ACCEPT_GZIP);
    const char *const invalid[] = {
        "gzip;",         "gzip;q",       "gzip;q=",      "gzip;q=2",     "gzip;q=1.001",
        "gzip;q=0.1234", "gzip;q=.5",    "gzip;q=-1",    "gzip;q=0,5",   "gzip;q= 1",
        "gzip;q =1",     "gzip;x=1",     "gzip;q=1;x=1", "gzip;q=\"1\"", "gzip;q=1x",
        "gzip;q=10",     "gzip;q=0.1.2", "gzip q=1",     "gzip deflate", "gzip/1",
    };
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        expect(invalid[i], ACCEPT_IDENTITY);
    /* The other elements count all the same. */
    expect("br;q=2, gzip", ACCEPT_GZIP);
    expect(",, gzip,,", ACCEPT_GZIP);
}

static void accept_encoding__rfc9110_5_3_repeated__one_list(void **state)
{
    (void)state;
    assert_int_equal(ask("Accept-Encoding: br\r\nX: y\r\nAccept-Encoding: gzip\r\n"), ACCEPT_GZIP);
    assert_int_equal(ask("Accept-Encoding: identity;q=0\r\naccept-encoding: gzip;q=0\r\n"),
                     ACCEPT_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_encoding__rfc9110_12_5_3_rules__what_is_preferred),
        cmocka_unit_test(accept_encoding__rfc9110_12_5_3_asterisk__all_that_is_not_named),
        cmocka_unit_test(accept_encoding__rfc9110_12_4_2_weights__by_the_grammar),
        cmocka_unit_test(accept_encoding__rfc9110_5_3_repeated__one_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

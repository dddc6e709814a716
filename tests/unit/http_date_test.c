/* Dates (RFC 9110, section 5.6.7): read in three forms, and nothing else taken for one. */
#include "http_date.h"
#include "response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Sat, 01 Jul 2023 00:00:00 GMT. */
#define NOW INT64_C(1688169600)

static bool parse(const char *text, int64_t now, int64_t *seconds)
{
    return http_date_parse((struct http_text){text, strlen(text)}, now, seconds);
}

static void expect(const char *text, int64_t expected)
{
    int64_t seconds = -1;
    if (!parse(text, NOW, &seconds) || seconds != expected)
        print_error("%s: %lld\n", text, (long long)seconds);
    assert_int_equal(seconds, expected);
}

static void http_date_parse__rfc9110_5_6_7_three_forms__the_same(void **state)
{
    (void)state;
    expect("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    expect("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    expect("Sun Nov  6 08:49:37 1994", 784111777);
    expect("Wed Nov 16 08:49:37 1994", 784975777);
    expect("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    expect("Wed, 31 Dec 1969 23:59:59 GMT", -1);
    expect("Tue, 29 Feb 2000 00:00:00 GMT", 951782400);
    expect("Sat, 31 Dec 2016 23:59:60 GMT", 1483228800);
    expect("Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799));
}

static void http_date_parse__rfc9110_5_6_7_not_a_date__refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "",
        "0",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 gmt",
        "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nof 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 -8:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "Sun Nov  6 08:49:37 94",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t seconds;
        if (parse(texts[i], NOW, &seconds))
            print_error("taken for a date: %s\n", texts[i]);
        assert_false(parse(texts[i], NOW, &seconds));
        /* Nor is anything that is cut off. */
        const char whole[] = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_false(http_date_parse((struct http_text){whole, i % strlen(whole)}, NOW, &seconds));
    }
}

/* More than 50 years ahead is in the past. */
static void http_date_parse__rfc9110_5_6_7_two_digit_years__at_most_50_years_ahead(void **state)
{
    (void)state;
    const struct {
        const char *text, *same;
    } cases[] = {
        {"Saturday, 01-Jul-23 00:00:00 GMT", "Sat, 01 Jul 2023 00:00:00 GMT"},
        {"Saturday, 31-Dec-72 00:00:00 GMT", "Sat, 31 Dec 2072 00:00:00 GMT"},
        {"Saturday, 01-Jul-73 00:00:00 GMT", "Sat, 01 Jul 2073 00:00:00 GMT"},
        {"Sunday, 01-Jul-73 00:00:01 GMT", "Sun, 01 Jul 1973 00:00:01 GMT"},
        {"Monday, 31-Dec-73 00:00:00 GMT", "Mon, 31 Dec 1973 00:00:00 GMT"},
        {"Friday, 31-Dec-99 00:00:00 GMT", "Fri, 31 Dec 1999 00:00:00 GMT"},
        {"Saturday, 01-Jan-00 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"},
        {"Tuesday, 29-Feb-00 00:00:00 GMT", "Tue, 29 Feb 2000 00:00:00 GMT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds;
        assert_true(parse(cases[i].same, NOW, &seconds));
        expect(cases[i].text, seconds);
    }
    /* Around a new year. */
    int64_t eve, seconds, later;
    assert_true(parse("Sun, 31 Dec 2023 23:59:59 GMT", NOW, &eve));
    assert_true(parse("Sunday, 31-Dec-73 23:59:59 GMT", eve, &seconds));
    assert_true(parse("Sun, 31 Dec 2073 23:59:59 GMT", eve, &later));
    assert_int_equal(seconds, later);
    assert_true(parse("Monday, 01-Jan-74 00:00:00 GMT", eve, &seconds));
    assert_true(parse("Tue, 01 Jan 1974 00:00:00 GMT", eve, &later));
    assert_int_equal(seconds, later);
    assert_true(parse("Monday, 01-Jan-74 00:00:00 GMT", eve + 1, &seconds));
    assert_true(parse("Mon, 01 Jan 2074 00:00:00 GMT", eve, &later));
    assert_int_equal(seconds, later);
}

static void http_date_parse__what_is_sent__read_back(void **state)
{
    (void)state;
    for (int64_t when = 0; when < INT64_C(253402300799); when += INT64_C(8640123457) / 100) {
        char date[RESPONSE_DATE_SIZE];
        response_date(when, date);
        expect(date, when);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_date_parse__rfc9110_5_6_7_three_forms__the_same),
        cmocka_unit_test(http_date_parse__rfc9110_5_6_7_not_a_date__refused),
        cmocka_unit_test(http_date_parse__rfc9110_5_6_7_two_digit_years__at_most_50_years_ahead),
        cmocka_unit_test(http_date_parse__what_is_sent__read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

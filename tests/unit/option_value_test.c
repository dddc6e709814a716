/* Values of options: every way to write one, every way to get it wrong, and what --help shows. */
#include "core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t number;
static bool flag;
static const char *string;

static int call(const char *text)
{
    return strcmp(text, "bad") == 0 ? EINVAL : 0;
}

static struct flux_option option_of(enum flux_option_kind kind)
{
    struct flux_option option = {.name = "x", .kind = kind, .value = &number, .call = call};
    if (kind == FLUX_FLAG)
        option.value = &flag;
    if (kind == FLUX_STRING)
        option.value = &string;
    return option;
}

static void stores(enum flux_option_kind kind, const char *text, uint64_t value)
{
    struct flux_option option = option_of(kind);
    number = 99;
    assert_null(fluxi_option_store(&option, text));
    assert_int_equal(number, value);
}

static void refuses(enum flux_option_kind kind, const char *text, const char *words)
{
    struct flux_option option = option_of(kind);
    number = 99;
    const char *said = fluxi_option_store(&option, text);
    assert_non_null(said);
    assert_non_null(strstr(said, words));
    assert_int_equal(number, 99);
}

static void store__numbers__by_their_units(void **state)
{
    (void)state;
    stores(FLUX_NUMBER, "0", 0);
    stores(FLUX_NUMBER, "18446744073709551615", UINT64_MAX);
    stores(FLUX_SIZE, "3", 3);
    stores(FLUX_SIZE, "3k", 3072);
    stores(FLUX_SIZE, "2M", 2 << 20);
    stores(FLUX_SIZE, "1G", 1 << 30);
    stores(FLUX_TIME, "2", 2000000000);
    stores(FLUX_TIME, "2.5", 2500000000);
    stores(FLUX_TIME, "7ns", 7);
    stores(FLUX_TIME, "1.5us", 1500);
    stores(FLUX_TIME, "20MS", 20000000);
    stores(FLUX_TIME, "0.25min", UINT64_C(15000000000));
    stores(FLUX_TIME, "1.2345678912345s",
           1234567891); /* what is below a nanosecond does not count */
}

static void store__no_numbers__refused(void **state)
{
    (void)state;
    refuses(FLUX_NUMBER, "", "not a number");
    refuses(FLUX_NUMBER, "K", "not a number");
    refuses(FLUX_NUMBER, "3K", "not a number");
    refuses(FLUX_NUMBER, "-3", "not a number");
    refuses(FLUX_NUMBER, "/", "not a number");
    refuses(FLUX_NUMBER, "3.5", "not a number");
    refuses(FLUX_SIZE, "3.5K", "not a size");
    refuses(FLUX_SIZE, "3T", "not a size");
    refuses(FLUX_TIME, ".5", "not a time");
    refuses(FLUX_TIME, "3.", "not a time");
    refuses(FLUX_TIME, "3.s", "not a time");
    refuses(FLUX_TIME, "3h", "not a time");
    refuses(FLUX_NUMBER, "18446744073709551616", "too large");
    refuses(FLUX_SIZE, "17179869184G", "too large");
    refuses(FLUX_TIME, "18446744073.8s", "too large");
}

static void store__outside_of_the_bounds__refused_with_the_bound(void **state)
{
    struct flux_option option = option_of(FLUX_TIME);
    (void)state;
    option.minimum = 20000000;
    option.maximum = UINT64_C(120000000000);
    assert_string_equal(fluxi_option_store(&option, "19ms"), "must be at least 20ms");
    assert_string_equal(fluxi_option_store(&option, "121"), "must be at most 2min");
    assert_null(fluxi_option_store(&option, "20ms"));
    assert_null(fluxi_option_store(&option, "2min"));
    option.maximum = 0; /* none */
    assert_null(fluxi_option_store(&option, "200000min"));
}

static void store__flags__by_many_words(void **state)
{
    static const char *const yes[] = {"1", "yes", "TRUE", "on"};
    static const char *const no[] = {"", "0", "no", "False", "off"};
    struct flux_option option = option_of(FLUX_FLAG);
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        flag = false;
        assert_null(fluxi_option_store(&option, yes[i]));
        assert_true(flag);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        flag = true;
        assert_null(fluxi_option_store(&option, no[i]));
        assert_false(flag);
    }
    assert_string_equal(fluxi_option_store(&option, "2"), "neither yes nor no");
}

static void store__texts__kept_or_handed_on(void **state)
{
    struct flux_option text = option_of(FLUX_STRING), word = option_of(FLUX_CALL);
    (void)state;
    assert_null(fluxi_option_store(&text, "3 x"));
    assert_string_equal(string, "3 x");
    assert_null(fluxi_option_store(&word, "good"));
    assert_string_equal(fluxi_option_store(&word, "bad"), "Invalid argument");
}

/* A table of a server that was compiled for another version. */
static void store__kind_of_another_version__refused(void **state)
{
    struct flux_option option = option_of((enum flux_option_kind)99);
    char shown[8] = "x";
    (void)state;
    assert_string_equal(fluxi_option_store(&option, "1"), "an option of unknown kind");
    fluxi_option_show(&option, shown, sizeof shown);
    assert_string_equal(shown, "");
}

static void shows(enum flux_option_kind kind, uint64_t value, const char *text)
{
    struct flux_option option = option_of(kind);
    char shown[32];
    number = value;
    fluxi_option_show(&option, shown, sizeof shown);
    assert_string_equal(shown, text);
}

static void show__numbers__in_the_largest_unit_that_fits(void **state)
{
    (void)state;
    shows(FLUX_NUMBER, 0, "0");
    shows(FLUX_NUMBER, 4096, "4096");
    shows(FLUX_SIZE, 4096, "4K");
    shows(FLUX_SIZE, 4097, "4097");
    shows(FLUX_SIZE, UINT64_C(3) << 30, "3G");
    shows(FLUX_TIME, 0, "0");
    shows(FLUX_TIME, 1500000000, "1500ms");
    shows(FLUX_TIME, UINT64_C(60000000000), "1min");
    shows(FLUX_TIME, 7, "7ns");
}

static void show__others__text_or_nothing(void **state)
{
    struct flux_option text = option_of(FLUX_STRING), word = option_of(FLUX_CALL);
    char shown[8] = "x";
    (void)state;
    string = NULL;
    fluxi_option_show(&text, shown, sizeof shown);
    assert_string_equal(shown, "");
    string = "here";
    fluxi_option_show(&text, shown, sizeof shown);
    assert_string_equal(shown, "here");
    fluxi_option_show(&word, shown, sizeof shown);
    assert_string_equal(shown, "");
    shows(FLUX_FLAG, 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store__numbers__by_their_units),
        cmocka_unit_test(store__no_numbers__refused),
        cmocka_unit_test(store__outside_of_the_bounds__refused_with_the_bound),
        cmocka_unit_test(store__flags__by_many_words),
        cmocka_unit_test(store__texts__kept_or_handed_on),
        cmocka_unit_test(store__kind_of_another_version__refused),
        cmocka_unit_test(show__numbers__in_the_largest_unit_that_fits),
        cmocka_unit_test(show__others__text_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

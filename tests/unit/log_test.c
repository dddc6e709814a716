/* Lines of the log: whole, printable, of bounded length, limited in number; and what errors are
 * called. The system calls by which they are written are the test's, as is the time. */
#include "core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>

#include <cmocka.h>

static char written[4096];
static unsigned calls;
static uint64_t now = 5;
static void (*meanwhile)(void); /* what another thread does while the time is asked for */

/* What the calls of write return, in order; then everything is written. */
static const long *results;
static size_t result_count;

long syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    assert_int_equal(number, SYS_write);
    assert_int_equal(va_arg(arguments, int), 2);
    const char *line = va_arg(arguments, const char *);
    size_t size = va_arg(arguments, size_t);
    va_end(arguments);
    long result = calls < result_count ? results[calls] : (long)size;
    calls++;
    if (result > 0)
        strncat(written, line, (size_t)result);
    errno = result < 0 ? (int)-result : 0;
    return result < 0 ? -1 : result;
}

uint64_t flux_now(void)
{
    if (meanwhile != NULL)
        meanwhile();
    return now;
}

static int begin(void **state)
{
    (void)state;
    written[0] = '\0';
    calls = 0;
    result_count = 0;
    meanwhile = NULL;
    fluxi_settings.level = FLUX_INFO;
    return 0;
}

static bool ends_with(const char *words)
{
    size_t length = strlen(written), expected = strlen(words);
    return length >= expected && strcmp(written + length - expected, words) == 0;
}

/* ---- a line ---------------------------------------------------------------------------------- */

static void log__any_level__said_with_the_flow(void **state)
{
    struct flux_flow flow = {.id = 17};
    (void)state;
    flux_log(FLUX_WARNING, "disk is %s", "slow");
    assert_true(ends_with("] warning: disk is slow\n"));
    fluxi_current = &flow;
    errno = ENOENT;
    flux_log(FLUX_ERROR, "disk is %s", "full");
    assert_int_equal(errno, ENOENT);
    fluxi_current = NULL;
    assert_true(ends_with("] error flow 17: disk is full\n"));
    flux_log(FLUX_DEBUG, "not to be seen");
    assert_int_equal(calls, 2);
}

static void log__bytes_of_a_peer__no_line_or_terminal_of_theirs(void **state)
{
    (void)state;
    flux_log(FLUX_INFO, "no such page: %s", "a\nb\033[2J\177\xc3\xa4");
    assert_true(ends_with("no such page: a?b?[2J?\xc3\xa4\n"));
}

static void log__long_text__cut_with_dots(void **state)
{
    char text[3000];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    flux_log(FLUX_INFO, "%s", text);
    assert_true(ends_with("xxx...\n"));
    assert_true(strlen(written) <= 1024);
}

/* A wide character that the locale has none for. */
static void log__text_that_cannot_be_made__line_without_it(void **state)
{
    (void)state;
    flux_log(FLUX_INFO, "%ls", L"\u20ac");
    assert_true(ends_with("] info: \n"));
}

static void log__short_and_interrupted_writes__all_is_written(void **state)
{
    static const long little[] = {3, -EINTR, 4};
    (void)state;
    results = little;
    result_count = 3;
    flux_log(FLUX_INFO, "all of it");
    assert_true(ends_with("] info: all of it\n"));
    assert_non_null(strstr(written, "Z unit["));
    assert_int_equal(calls, 4);
}

static void log__nowhere_to_write__goes_on(void **state)
{
    static const long failing[] = {-EIO};
    (void)state;
    results = failing;
    result_count = 1;
    errno = 0;
    flux_log(FLUX_INFO, "lost");
    assert_int_equal(calls, 1);
    assert_int_equal(errno, 0);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static struct fluxi_log_limit limit;

static void another_thread_logs(void)
{
    atomic_store(&limit.last, now);
}

static void limited__within_a_second__counted(void **state)
{
    (void)state;
    limit = (struct fluxi_log_limit){.last = 0};
    fluxi_log_limited(&limit, FLUX_DEBUG, "not to be seen");
    fluxi_log_limited(&limit, FLUX_ERROR, "full");
    assert_true(ends_with(": full\n"));
    now += 999999999;
    fluxi_log_limited(&limit, FLUX_ERROR, "full");
    fluxi_log_limited(&limit, FLUX_ERROR, "full");
    assert_int_equal(calls, 1);
    now += 1;
    fluxi_log_limited(&limit, FLUX_ERROR, "full");
    assert_true(ends_with(": full [2 more]\n"));
}

static void limited__two_threads_at_once__one_line(void **state)
{
    (void)state;
    limit = (struct fluxi_log_limit){.last = 0};
    meanwhile = another_thread_logs;
    fluxi_log_limited(&limit, FLUX_ERROR, "full");
    assert_int_equal(calls, 0);
    assert_int_equal(atomic_load(&limit.dropped), 1);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void strerror__any_code__a_text(void **state)
{
    (void)state;
    assert_string_equal(flux_strerror(ENOENT), "No such file or directory");
    assert_string_equal(flux_strerror(FLUX_ENOMATCH), "no arm matches");
    assert_string_equal(flux_strerror(FLUX_STOP), "the source is finished");
    assert_string_equal(flux_strerror(4000), "error 4000");
    assert_string_equal(flux_strerror(-7), "error -7");
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(log__any_level__said_with_the_flow),
        TEST(log__bytes_of_a_peer__no_line_or_terminal_of_theirs),
        TEST(log__long_text__cut_with_dots),
        TEST(log__text_that_cannot_be_made__line_without_it),
        TEST(log__short_and_interrupted_writes__all_is_written),
        TEST(log__nowhere_to_write__goes_on),
        TEST(limited__within_a_second__counted),
        TEST(limited__two_threads_at_once__one_line),
        TEST(strerror__any_code__a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* fluxprof's reading of profiles, and its arithmetic. */
// libs: -ljansson
#include "../../tools/fluxprof/profile.h"
#include "../../tools/fluxprof/table.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

static struct spread histogram(const double (*parts)[3], unsigned count)
{
    struct spread result = {0};
    for (unsigned i = 0; i < count; i++)
        vector_push(arena, &result.parts, ((struct part){parts[i][0], parts[i][1], parts[i][2]}));
    return result;
}

#define HISTOGRAM(...)                                                                             \
    histogram((const double[][3]){__VA_ARGS__}, sizeof((const double[][3]){__VA_ARGS__}) / 24)

static void histogram__known_parts__known_answers(void **state)
{
    (void)state;
    struct spread one = HISTOGRAM({0, 10, 50}, {100, 200, 50});
    assert_true(near(spread_mean(&one), (5 * 50 + 150 * 50) / 100.0));
    assert_true(near(spread_quantile(&one, 0.25), 5));
    assert_true(near(spread_quantile(&one, 0.5), 10));
    assert_true(near(spread_quantile(&one, 0.75), 150));
    assert_true(near(spread_quantile(&one, 1), 200));
    /* 5 and 150, as often: (72.5 / 77.5)^2 */
    assert_true(near(spread_variation(&one), 72.5 * 72.5 / (77.5 * 77.5)));
    struct spread none = {0};
    assert_true(spread_mean(&none) == 0 && spread_quantile(&none, 0.5) == 0);
}

static void histogram__added_and_subtracted__is_what_it_was(void **state)
{
    (void)state;
    struct spread sum = HISTOGRAM({0, 1, 5}, {4, 5, 5}), other = HISTOGRAM({2, 3, 7}, {4, 5, 1});
    spread_add(arena, &sum, &other, 1);
    assert_int_equal(sum.parts.count, 3);
    assert_true(sum.parts.at[1].from == 2 && sum.parts.at[2].count == 6);
    spread_add(arena, &sum, &other, -1);
    assert_int_equal(sum.parts.count, 2);
    assert_true(near(spread_count(&sum), 10));
}

/* ---- what is refused ------------------------------------------------------------------------- */

static const char *refused(const char *text)
{
    struct profile profile;
    const char *error = NULL;
    assert_false(profile_parse(&profile, arena, text, strlen(text), &error));
    return error;
}

#define NODE(fields) "{\"format\": 1, \"nodes\": {\"Read\": {" fields "}}}"

static void parse__not_as_it_should_be__says_where(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "line 1, column 0: '[' or '{' expected near end of file"},
        {"{\"format\": 1, \"nodes\": {",
         "line 1, column 24: string or '}' expected near end of file"},
        {"[]", "this is no profile of a Flux program (no \"format\" and \"nodes\")"},
        {"{\"format\": 1}", "this is no profile of a Flux program (no \"format\" and \"nodes\")"},
        {"{\"format\": 2, \"nodes\": {}}", "it has format 2; this fluxprof reads 1"},
        {"{\"format\": \"1\", \"nodes\": {}}", "format: a number is expected"},
        {"{\"format\": 1, \"nodes\": []}", "nodes: an object is expected"},
        {"{\"format\": 1, \"nodes\": {\"Read\": 7}}", "nodes.Read: an object is expected"},
        {NODE("\"calls\": \"many\""), "nodes.Read.calls: a number is expected"},
        {NODE("\"calls\": -1"), "nodes.Read.calls: a number from 0 to 1e18 is expected"},
        {NODE("\"calls\": 1e19"), "nodes.Read.calls: a number from 0 to 1e18 is expected"},
        {NODE("\"blocking\": 1"), "nodes.Read.blocking: true or false is expected"},
        {NODE("\"cpu\": \"exp:1ms\""), "nodes.Read.cpu: a histogram [[from, to, count], ...] is "
                                       "expected; what a simulator takes in "
                                       "its place has not been measured"},
        {NODE("\"cpu\": [[1, 2]]"), "nodes.Read.cpu[0]: [from, to, count] is expected"},
        {NODE("\"cpu\": [[1, 2, 3], [2, 1, 3]]"), "nodes.Read.cpu[1]: it ends before it begins"},
        {NODE("\"cpu\": [[1, 9, 3], [5, 10, 3]]"),
         "nodes.Read.cpu[1]: it begins before the end of the one before it"},
        {"{\"format\": 1, \"nodes\": {}, \"started\": \"noon\"}",
         "started: a time like 2026-11-29T12:00:00Z is expected"},
        {"{\"format\": 1, \"nodes\": {}, \"paths\": [{\"steps\": [1]}]}",
         "paths[0]: a text is expected"},
        {"{\"format\": 1, \"nodes\": {}, \"repeat_counts\": {\"T\": [1]}}",
         "repeat_counts.T: two counts are expected"},
        {"{\"format\": 1, \"format\": 1}",
         "line 1, column 22: duplicate object key near '\"format\"'"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(refused(cases[i].text), cases[i].error);
}

static void parse__texts_that_steer_a_terminal__are_harmless(void **state)
{
    static const char text[] =
        "{\"format\": 1, \"program\": \"a\\u001b[2J\\u009bm\\n\", \"nodes\": {\"\\u0007\": {}}}";
    struct profile profile;
    const char *error = NULL;
    (void)state;
    assert_true(profile_parse(&profile, arena, text, strlen(text), &error));
    assert_string_equal(profile.program, "a?[2J??m?");
    assert_string_equal(profile.nodes.at[0].name, "?");
}

/* ---- adding up ------------------------------------------------------------------------------- */

static struct profile one_run(const char *program, const char *started, unsigned seconds)
{
    struct profile profile;
    const char *error = NULL;
    const char *text = arena_printf(
        arena,
        "{\"format\": 1, \"program\": \"%s\", \"started\": \"%s\", \"seconds\": %u, \"processes\": "
        "1,"
        "\"cpu_seconds\": 1, \"nodes\": {\"Read\": {\"calls\": 10, \"cpu\": [[1, 3, 10]]}},"
        "\"sources\": {\"S\": {\"flows\": 5}},"
        "\"paths\": [{\"source\": \"S\", \"number\": 1, \"count\": 4, \"sampled\": 2, \"cpu\": "
        "%u}]}",
        program, started, seconds, seconds);
    assert_true(profile_parse(&profile, arena, text, strlen(text), &error));
    return profile;
}

static void add__side_by_side__time_does_not_add_up(void **state)
{
    struct profile one = one_run("p", "2026-11-29T12:00:00Z", 10);
    struct profile other = one_run("p", "2026-11-29T12:00:04Z", 20);
    const char *error = NULL;
    (void)state;
    assert_true(profile_add(&one, &other, &error));
    assert_true(near(one.seconds, 24) && near(one.processes, 2) && near(one.cpu_seconds, 2));
    assert_true(near(one.nodes.at[0].calls, 20) && near(profile_flows(&one), 10));
    assert_true(near(one.ways.at[0].count, 8) && near(one.ways.at[0].cpu, 15));
}

static void add__one_after_the_other__time_adds_up(void **state)
{
    struct profile one = one_run("p", "2026-11-29T12:00:00Z", 10);
    struct profile other = one_run("p", "2026-11-29T13:00:00Z", 20);
    const char *error = NULL;
    (void)state;
    assert_true(profile_add(&one, &other, &error));
    assert_true(near(one.seconds, 30) && near(one.processes, 1));
}

static void add__another_program__is_refused(void **state)
{
    struct profile one = one_run("p", "2026-11-29T12:00:00Z", 10);
    struct profile other = one_run("q", "2026-11-29T12:00:00Z", 10);
    const char *error = NULL;
    (void)state;
    assert_false(profile_add(&one, &other, &error));
    assert_string_equal(error, "it is of q, the others are of p");
}

static void subtract__what_was_before__leaves_what_has_happened_since(void **state)
{
    struct profile before = one_run("p", "2026-11-29T12:00:00Z", 10);
    struct profile now = one_run("p", "2026-11-29T12:00:00Z", 10);
    struct profile more = one_run("p", "2026-11-29T12:00:00Z", 10);
    const char *error = NULL;
    (void)state;
    assert_true(profile_add(&now, &more, &error));
    now.seconds = 13;
    profile_subtract(&now, &before);
    assert_true(near(now.seconds, 3) && near(now.nodes.at[0].calls, 10));
    assert_true(near(profile_flows(&now), 5) && near(now.ways.at[0].cpu, 10));
}

/* ---- numbers for people ---------------------------------------------------------------------- */

static void format__numbers__as_people_read_them(void **state)
{
    static const struct {
        enum column_kind kind;
        double number;
        const char *text;
    } cases[] = {
        {COLUMN_COUNT, 0, "0"},
        {COLUMN_COUNT, 999, "999"},
        {COLUMN_COUNT, 1000, "1 000"},
        {COLUMN_COUNT, 1234567, "1 234 567"},
        {COLUMN_TIME, 0, "0 ns"},
        {COLUMN_TIME, 999.4, "999 ns"},
        {COLUMN_TIME, 999.6, "1.00 us"},
        {COLUMN_TIME, 12345, "12.3 us"},
        {COLUMN_TIME, 9.996e6, "10.0 ms"},
        {COLUMN_TIME, 61.5e9, "61.5 s"},
        {COLUMN_TIME, -1500, "-1.50 us"},
        {COLUMN_SHARE, 0.1234, "12.3 %"},
        {COLUMN_CHANGE, 0.5, "+50.0 %"},
        {COLUMN_CHANGE, -0.25, "-25.0 %"},
        {COLUMN_RATE, 0.5, "0.50/s"},
        {COLUMN_RATE, 1234, "1 234/s"},
    };
    char buffer[32];
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(format_number(buffer, cases[i].kind, cases[i].number), cases[i].text);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(histogram__known_parts__known_answers),
        TEST(histogram__added_and_subtracted__is_what_it_was),
        TEST(parse__not_as_it_should_be__says_where),
        TEST(parse__texts_that_steer_a_terminal__are_harmless),
        TEST(add__side_by_side__time_does_not_add_up),
        TEST(add__one_after_the_other__time_adds_up),
        TEST(add__another_program__is_refused),
        TEST(subtract__what_was_before__leaves_what_has_happened_since),
        TEST(format__numbers__as_people_read_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

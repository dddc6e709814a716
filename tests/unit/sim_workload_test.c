/* Workloads: texts, and the arrivals that they mean. */
#include "sim/workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct workload parsed(const char *text)
{
    struct workload workload;
    const char *error = workload_parse(&workload, text);
    if (error != NULL)
        print_error("%s: %s\n", text, error);
    assert_null(error);
    return workload;
}

static void workload_parse__texts__what_they_say(void **state)
{
    (void)state;
    struct workload workload = parsed("open:poisson:250");
    assert_int_equal(workload.kind, WORKLOAD_POISSON);
    assert_true(workload.rate == 250 && workload_is_open(&workload));
    workload = parsed("closed:20,1s");
    assert_int_equal(workload.kind, WORKLOAD_CLOSED);
    assert_true(workload.clients == 20 && !workload_is_open(&workload));
    assert_int_equal(workload.pause.shape, SIM_EXPONENTIAL);
    workload = parsed("closed:1,const:1s");
    assert_int_equal(workload.pause.shape, SIM_CONSTANT);
    workload = parsed("partly:10,0.8,2s");
    assert_true(workload.rate == 10 && workload.again == 0.8 && workload.pause.a == 2);
    workload_scale(&workload, 20);
    assert_true(workload.rate == 20);
}

static void workload_parse__nonsense__refused(void **state)
{
    (void)state;
    const char *const cases[] = {
        "",
        "open",
        "open:poisson:",
        "open:poisson:0",
        "open:poisson:x",
        "open:const:-1",
        "closed:0,1s",
        "closed:1.5,1s",
        "closed:1",
        "closed:1,",
        "partly:1,1,1s",
        "partly:1,0.5",
        "partly:0,0.5,1s",
        "trace:/no/such/file",
        "trace:/dev/null",
        "open:poisson:1x",
        "closed:99999999999,1s",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct workload workload;
        const char *error = workload_parse(&workload, cases[i]);
        if (error == NULL)
            print_error("'%s' is taken\n", cases[i]);
        assert_non_null(error);
        workload_free(&workload);
    }
}

/* Exponential gaps: their mean within 1 %, their squared variation within 0.97 to 1.03. */
static void arrivals_next__poisson__exponential_gaps(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    struct workload workload = parsed("open:poisson:1000");
    struct arrivals arrivals;
    double last = 0, sum = 0, squares = 0;
    arrivals_start(&arrivals, &workload, 1, 0, 0);
    for (int i = 0; i < COUNT; i++) {
        double time = arrivals_next(&arrivals), gap = time - last;
        assert_true(gap >= 0);
        sum += gap;
        squares += gap * gap;
        last = time;
    }
    double mean = sum / COUNT, variation = squares / COUNT / (mean * mean) - 1;
    assert_true(fabs(mean * 1000 - 1) < 0.01);
    assert_true(variation > 0.97 && variation < 1.03);
}

static void arrivals_next__other_source_or_seed__other_times(void **state)
{
    (void)state;
    static const uint32_t names[][2] = {{1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {3, 0}};
    enum { COUNT = sizeof names / sizeof names[0] };
    struct workload workload = parsed("open:poisson:1000");
    double first[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct arrivals arrivals;
        arrivals_start(&arrivals, &workload, names[i][0], 0, names[i][1]);
        first[i] = arrivals_next(&arrivals);
        for (size_t k = 0; k < i; k++)
            assert_true(first[i] != first[k]);
    }
}

static void arrivals_next__constant__no_drift(void **state)
{
    (void)state;
    struct workload workload = parsed("open:const:3");
    struct arrivals arrivals;
    double time = 0;
    arrivals_start(&arrivals, &workload, 1, 0, 0);
    for (int i = 0; i < 3000000; i++)
        time = arrivals_next(&arrivals);
    assert_true(time == 1000000);
}

static void arrivals_next__trace__in_order_from_zero_with_its_speed(void **state)
{
    (void)state;
    char name[] = "/tmp/trace_XXXXXX", text[60];
    int file = mkstemp(name);
    assert_true(file >= 0);
    dprintf(file, "# times\n12.5 GET /b\n10 GET /a\n\n16.5\n");
    close(file);
    snprintf(text, sizeof text, "trace:%s,x2", name);
    struct workload workload = parsed(text);
    struct arrivals arrivals;
    arrivals_start(&arrivals, &workload, 1, 0, 0);
    assert_true(arrivals_next(&arrivals) == 0);
    assert_true(arrivals_next(&arrivals) == 1.25);
    assert_true(arrivals_next(&arrivals) == 3.25);
    assert_true(arrivals_next(&arrivals) < 0);
    workload_free(&workload);
    unlink(name);
}

static struct workload trace_of(const char *lines)
{
    char name[] = "/tmp/trace_XXXXXX", text[60];
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(write(file, lines, strlen(lines)), (ssize_t)strlen(lines));
    close(file);
    snprintf(text, sizeof text, "trace:%s", name);
    struct workload workload = parsed(text);
    unlink(name);
    return workload;
}

static void workload_parse__trace__what_is_asked_for(void **state)
{
    (void)state;
    static const char *const targets[] = {"/a", "/b?c", "/d", NULL, NULL};
    struct workload workload = trace_of("1 /a\n2\tGET /b?c HTTP/1.1\n3 POST /d\n4 word\n5\r\n");
    assert_int_equal(workload.time_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(workload.times[i] == (double)i);
        if (targets[i] == NULL)
            assert_null(workload.targets[i]);
        else
            assert_string_equal(workload.targets[i], targets[i]);
    }
    workload_free(&workload);
}

/* Seconds of a log are spread; its time zones count, and the order of what is of one time stays. */
static void workload_parse__log__seconds_are_spread(void **state)
{
    (void)state;
    static const struct {
        double time;
        const char *target;
    } expected[] = {{0, "/first"}, {2, "/a"},    {2.25, "/b"},
                    {2.5, "/c"},   {2.75, NULL}, {3, "/last"}};
    struct workload workload =
        trace_of("h - - [29/Feb/2024:23:59:59 +0000] \"GET /a HTTP/1.1\" 200 1\n"
                 "h - - [29/Feb/2024:23:59:59 +0000] \"HEAD /b HTTP/1.1\" 200 1 \"-\" \"x\"\n"
                 "10.0.0.1 - me [01/Mar/2024:00:59:59 +0100] \"GET /c HTTP/1.1\" 200 1\n"
                 "h - - [01/Mar/2024:00:00:00 +0000] \"GET /last HTTP/1.1\" 404 -\n"
                 "h - - [29/Feb/2024:16:59:57 -0700] \"GET /first HTTP/1.1\" 404 -\n"
                 "h - - [29/Feb/2024:23:59:59 +0000] \"-\" 408 -\n");
    assert_int_equal(workload.time_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(workload.times[i] == expected[i].time);
        if (expected[i].target == NULL)
            assert_null(workload.targets[i]);
        else
            assert_string_equal(workload.targets[i], expected[i].target);
    }
    workload_free(&workload);
}

static void workload_parse__trace_of_nonsense__says_which_line(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "word\n",
        "127.0.0.1 - - nothing \"GET / HTTP/1.1\"\n",
        "h - - [29/Feb/2024:23:59:59 +0000] no request\n",
        "h - - [29/XXX/2024:23:59:59 +0000] \"GET / HTTP/1.1\"\n",
        "h - - [29/anF/2024:23:59:59 +0000] \"GET / HTTP/1.1\"\n",
        "nan /x\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char name[] = "/tmp/trace_XXXXXX", text[60];
        int file = mkstemp(name);
        assert_true(file >= 0);
        dprintf(file, "# one\n1 /a\n%s", lines[i]);
        close(file);
        snprintf(text, sizeof text, "trace:%s", name);
        struct workload workload;
        const char *error = workload_parse(&workload, text);
        unlink(name);
        if (error == NULL)
            print_error("'%s' is taken\n", lines[i]);
        assert_non_null(error);
        assert_non_null(strstr(error, "line 3 of the trace"));
        workload_free(&workload);
    }
}

static int prepare(void **state)
{
    (void)state;
    sim_random_prepare();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workload_parse__texts__what_they_say),
        cmocka_unit_test(workload_parse__nonsense__refused),
        cmocka_unit_test(arrivals_next__poisson__exponential_gaps),
        cmocka_unit_test(arrivals_next__other_source_or_seed__other_times),
        cmocka_unit_test(arrivals_next__constant__no_drift),
        cmocka_unit_test(arrivals_next__trace__in_order_from_zero_with_its_speed),
        cmocka_unit_test(workload_parse__trace__what_is_asked_for),
        cmocka_unit_test(workload_parse__log__seconds_are_spread),
        cmocka_unit_test(workload_parse__trace_of_nonsense__says_which_line),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}

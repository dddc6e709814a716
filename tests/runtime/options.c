// runtimes: thread
/* The command line: options of the core, the runtime and the server, with both spellings, mixed
 * with operands; the environment; --help and --version; mistakes, which exit 2 and say what is
 * wrong. */
#include "testing.h"

static bool flag;
static uint64_t number = 5, size = 4096, duration = 1500000000;
static const char *string = "here";
static char calls[64];

static int call(const char *argument)
{
    if (strlen(calls) + strlen(argument) + 2 > sizeof calls || strcmp(argument, "bad") == 0)
        return EINVAL;
    strcat(strcat(calls, argument), ";");
    return 0;
}

static const struct flux_option options[] = {
    {"flag", NULL, "a flag", FLUX_FLAG, &flag, 0, 0, NULL},
    {"some-number", "N", "a number", FLUX_NUMBER, &number, 2, 100, NULL},
    {"size", "SIZE", "a size", FLUX_SIZE, &size, 0, UINT64_C(1) << 40, NULL},
    {"time", "TIME", "a time", FLUX_TIME, &duration, 0, 0, NULL},
    {"string", "TEXT", "a text", FLUX_STRING, &string, 0, 0, NULL},
    {"call", "WORD", "may be repeated", FLUX_CALL, NULL, 0, 0, call},
};
FLUX_OPTIONS(options);
FLUX_ABOUT("shows its options", "[FILE...]", "3.2");

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Nothing(struct flux_flow *base)
{
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static void show(void)
{
    int count;
    char *const *operands = flux_operands(&count);
    printf("flag=%d number=%llu size=%llu time=%llu string=%s call=%s limit=%llu operands=%d:",
           flag, (unsigned long long)number, (unsigned long long)size, (unsigned long long)duration,
           string, calls, (unsigned long long)flux_load().limit, count);
    for (int i = 0; i < count; i++)
        printf(" %s", operands[i]);
    CHECK(operands[count] == NULL);
    printf(".\n");
}

/* ---- from outside ---------------------------------------------------------------------------- */

/* Runs with these arguments; its status and all it says must be so. */
static void expect(int status, const char *words, char *const arguments[4])
{
    struct child child;
    child_start(&child, "show", arguments);
    int ended = child_end(&child);
    if (!ended_with(ended, status) || child_count(&child, words) == 0)
        fprintf(stderr, "expected status %d and '%s', but (%d):\n%s", status, words,
                WEXITSTATUS(ended), child.text);
    CHECK(ended_with(ended, status) && child_count(&child, words) > 0);
    child_free(&child);
}

#define ARGS(a, b, c, d) ARGUMENTS((char *)a, (char *)b, (char *)c, (char *)d)

static void expect_values(void)
{
    expect(0,
           "flag=0 number=5 size=4096 time=1500000000 string=here call= limit=1000000 "
           "operands=0:.",
           ARGS(NULL, NULL, NULL, NULL));
    expect(0, "flag=1 number=7 ", ARGS("--flag", "--some-number", "7", NULL));
    expect(0, "number=100 size=2147483648 ", ARGS("--some-number=100", "--size=2G", NULL, NULL));
    expect(0, "size=1099511627776 ", ARGS("--size=1099511627776", NULL, NULL, NULL));
    expect(0, "time=250000000 ", ARGS("--time", "250ms", NULL, NULL));
    expect(0, "time=1250000000 ", ARGS("--time", "1.25s", NULL, NULL));
    expect(0, "time=90000000000 ", ARGS("--time", "1.5min", NULL, NULL));
    expect(0, "time=30000000000 ", ARGS("--time", "30", NULL, NULL));
    expect(0, "string= call=", ARGS("--string=", NULL, NULL, NULL));
    expect(0, "string=--flag call=a;b;", ARGS("--call=a", "--string=--flag", "--call", "b"));
    expect(0, "limit=9 operands=1: -.", ARGS("--max-flows", "9", "-", NULL));
    expect(0, "flag=1 number=5 ", ARGS("x", "--flag", "y", NULL));
    expect(0, "operands=2: x y.", ARGS("x", "--flag", "y", NULL));
    expect(0, "operands=2: x --flag.", ARGS("x", "--", "--flag", NULL));
}

static void expect_environment(void)
{
    setenv("FLUX_SOME_NUMBER", "33", 1);
    setenv("FLUX_FLAG", "yes", 1);
    setenv("FLUX_MAX_FLOWS", "77", 1);
    setenv("FLUX_CALL", "env", 1);
    expect(0, "flag=1 number=33 ", ARGS(NULL, NULL, NULL, NULL));
    expect(0, "call=env; limit=77 ", ARGS(NULL, NULL, NULL, NULL));
    expect(0, "number=34 ", ARGS("--some-number=34", NULL, NULL, NULL));
    setenv("FLUX_FLAG", "perhaps", 1);
    expect(2, "FLUX_FLAG: neither yes nor no", ARGS(NULL, NULL, NULL, NULL));
    unsetenv("FLUX_FLAG");
    setenv("FLUX_SOME_NUMBER", "x", 1);
    expect(2, "FLUX_SOME_NUMBER: not a number", ARGS(NULL, NULL, NULL, NULL));
    unsetenv("FLUX_SOME_NUMBER");
    unsetenv("FLUX_MAX_FLOWS");
    unsetenv("FLUX_CALL");
}

static void expect_mistakes(void)
{
    expect(2, "no such option: --fleg", ARGS("--fleg", NULL, NULL, NULL));
    expect(2, "no such option: --fl", ARGS("--fl", NULL, NULL, NULL));
    expect(2, "no such option: -f", ARGS("-f", NULL, NULL, NULL));
    expect(2, "--flag: takes no argument", ARGS("--flag=1", NULL, NULL, NULL));
    expect(2, "--size: needs an argument", ARGS("--size", NULL, NULL, NULL));
    expect(2, "--size: not a size", ARGS("--size", "4X", NULL, NULL));
    expect(2, "--size: must be at most 1024G", ARGS("--size", "1025G", NULL, NULL));
    expect(2, "--some-number: must be at least 2", ARGS("--some-number=1", NULL, NULL, NULL));
    expect(2, "--some-number: not a number", ARGS("--some-number=", NULL, NULL, NULL));
    expect(2, "--some-number: not a number", ARGS("--some-number=-3", NULL, NULL, NULL));
    expect(2, "too large", ARGS("--some-number=99999999999999999999", NULL, NULL, NULL));
    expect(2, "too large", ARGS("--time=18446744073709551615", NULL, NULL, NULL));
    expect(2, "--time: not a time", ARGS("--time=1.s", NULL, NULL, NULL));
    expect(2, "--call: Invalid argument", ARGS("--call=bad", NULL, NULL, NULL));
    expect(2, "--max-flows: must be at least 1", ARGS("--max-flows=0", NULL, NULL, NULL));
    expect(2, "--log-level: Invalid argument", ARGS("--log-level", "loud", NULL, NULL));
}

static int initial(void)
{
    if (test_scenario() != NULL) {
        show();
        return 0;
    }
    expect_values();
    expect_environment();
    expect_mistakes();
    expect(0, "Usage: test [OPTION]... [FILE...]\nshows its options\n",
           ARGS("--flag", "--help", NULL, NULL));
    expect(0, "  --some-number N            a number (5)\n", ARGS("--help", NULL, NULL, NULL));
    expect(0, "  --time TIME                a time (1500ms)\n", ARGS("--help", NULL, NULL, NULL));
    expect(0, "  --grace TIME ", ARGS("--help", NULL, NULL, NULL));
    expect(0, "options 3.2 (Flux, runtime thread)\n", ARGS("--version", NULL, NULL, NULL));
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Nothing, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("options"), .sources = sources,
                                          .source_count = 1, .initial = initial};

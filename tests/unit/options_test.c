/* The command line where a server adds nothing to it, or what it should not. What it adds stays, so
 * each case reads in a process of its own. tests/runtime/options.c has a server that is well. */
#include "capture.h"
#include "core.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t number;

static const struct flux_option usual[] = {
    {"Port_2", "N", "a number", FLUX_NUMBER, &number, 0, 0, NULL},
};
static const struct flux_option twice[] = {
    {"grace", "TIME", "the core has it", FLUX_TIME, &number, 0, 0, NULL},
};
static const struct flux_option helpful[] = {
    {"help", NULL, "is taken", FLUX_FLAG, &number, 0, 0, NULL},
};
static const struct flux_option versed[] = {
    {"version", NULL, "is taken", FLUX_FLAG, &number, 0, 0, NULL},
};
static const struct flux_option endless[] = {
    {"a-name-that-is-longer-than-any-that-the-environment-is-looked-up-for", NULL, "long",
     FLUX_FLAG, &number, 0, 0, NULL},
};

static const struct flux_option short_names[] = {
    {"n", "N", "has one letter", FLUX_NUMBER, &number, 0, 0, NULL},
};

static bool flag;
static const struct flux_option as_the_runtime[] = {
    {"threads", NULL, "the runtime has it too", FLUX_FLAG, &flag, 0, 0, NULL},
};

/* ---- reading in a child ---------------------------------------------------------------------- */

static void (*prepare)(void);
static const char *const *words; /* NULL: not even the program's name */
static int status;

static void read_in_child(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        char *argv[8] = {(char *)"./server"};
        int argc = words != NULL ? 1 : 0;
        if (prepare != NULL)
            prepare();
        for (; argc > 0 && words[argc - 1] != NULL; argc++)
            argv[argc] = (char *)words[argc - 1];
        if (argc == 0)
            argv[0] = NULL;
        int result = fluxi_options_read(argc, argv);
        if (result < 0)
            printf("level %d number %llu operands %d\n", (int)fluxi_settings.level,
                   (unsigned long long)number, flux_operands(NULL)[0] != NULL);
        exit(result < 0 ? 0 : 10 + result);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
}

/* What it says, with the status at the end of fluxi_options_read; -1: go on. */
static const char *say(int expected, void (*before)(void), const char *const *arguments)
{
    prepare = before;
    words = arguments;
    const char *said = capture(read_in_child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), expected < 0 ? 0 : 10 + expected);
    return said;
}

#define WORDS(...) ((const char *const[8]){__VA_ARGS__})

/* ---- a server without options ---------------------------------------------------------------- */

static void read__nothing_added__core_and_runtime_only(void **state)
{
    (void)state;
    assert_string_equal(say(-1, NULL, WORDS(NULL)), "level 2 number 0 operands 0\n");
    assert_string_equal(say(-1, NULL, NULL), "level 2 number 0 operands 0\n");
    const char *help = say(0, NULL, WORDS("--help"));
    assert_memory_equal(help, "Usage: ./server [OPTION]...\n\nRuntime thread: ", 45);
    assert_string_equal(say(0, NULL, WORDS("--version")), "unit (Flux, runtime thread)\n");
}

static void read__operand_that_nobody_takes__refused(void **state)
{
    (void)state;
    assert_string_equal(say(2, NULL, WORDS("file", "other")),
                        "./server: not an option: file: --help lists what is taken\n");
}

static void read__levels__all_four(void **state)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "level %d number 0 operands 0\n", i);
        assert_string_equal(say(-1, NULL, WORDS("--log-level", names[i])), expected);
    }
}

/* ---- the environment ------------------------------------------------------------------------- */

static void with_environment(void)
{
    flux_options_add(usual, 1);
    setenv("FLUX_PORT_2", "81", 1);
}

static void with_wrong_environment(void)
{
    with_environment();
    setenv("FLUX_GRACE", "soon", 1);
}

static void read__environment__named_in_capitals(void **state)
{
    (void)state;
    assert_string_equal(say(-1, with_environment, WORDS(NULL)), "level 2 number 81 operands 0\n");
    assert_string_equal(say(-1, with_environment, NULL), "level 2 number 81 operands 0\n");
    const char *said = say(2, with_wrong_environment, WORDS("--Port_2=1"));
    assert_non_null(strstr(said, "./server: FLUX_GRACE: not a time"));
}

/* ---- servers that are not well --------------------------------------------------------------- */

static void add_twice(void)
{
    flux_options_add(usual, 1);
    flux_options_add(twice, 1);
}

static void add_help(void)
{
    flux_options_add(helpful, 1);
}

static void add_version(void)
{
    flux_options_add(versed, 1);
}

static void add_long_name(void)
{
    flux_options_add(endless, 1);
}

static void add_too_many(void)
{
    for (int i = 0; i < 70; i++)
        flux_options_add(usual, 0);
}

static void read__names_that_are_taken__refused_at_every_start(void **state)
{
    (void)state;
    assert_string_equal(say(2, add_twice, WORDS(NULL)),
                        "./server: the option --grace is registered twice, or its name is taken\n");
    assert_non_null(strstr(say(2, add_help, WORDS(NULL)), "the option --help is"));
    assert_non_null(strstr(say(2, add_version, WORDS(NULL)), "the option --version is"));
    assert_non_null(strstr(say(2, add_long_name, NULL), "unit: the option --a-name-that-is"));
    assert_string_equal(say(2, add_too_many, WORDS(NULL)),
                        "./server: more than 64 tables of options are registered\n");
}

static void add_two_tables(void)
{
    static const struct flux_option more[] = {
        {"more", NULL, "a flag", FLUX_FLAG, &number, 0, 0, NULL},
    };
    flux_options_add(usual, 1);
    flux_options_add(more, 1);
}

static void read__help_of_two_tables__under_one_title(void **state)
{
    (void)state;
    const char *help = say(0, add_two_tables, WORDS("--help"));
    assert_non_null(strstr(help, "\nOptions:\n  --Port_2 N                 a number (0)\n"
                                 "  --more                     a flag\n\nRuntime"));
}

static void to_a_full_disk(void)
{
    int full = open("/dev/full", O_WRONLY);
    dup2(full, STDOUT_FILENO);
    close(full);
}

static void read__help_that_cannot_be_written__exits_2(void **state)
{
    (void)state;
    say(2, to_a_full_disk, WORDS("--help"));
}

static void add_short_names(void)
{
    flux_options_add(short_names, 1);
}

static void options__one_letter__has_one_dash(void **state)
{
    (void)state;
    assert_non_null(strstr(say(-1, add_short_names, WORDS("-n", "7")), "number 7 "));
    assert_non_null(strstr(say(2, add_short_names, WORDS("-x", "7")), "no such option: -x"));
    assert_non_null(strstr(say(2, add_short_names, WORDS("-n7")), "no such option: -n7"));
    assert_non_null(strstr(say(0, add_short_names, WORDS("--help")), "\n  -n N "));
}

static void add_as_the_runtime(void)
{
    flux_options_add(as_the_runtime, 1);
}

static void with_environment_of_the_runtime(void)
{
    add_as_the_runtime();
    setenv("FLUX_THREAD_THREADS", "none", 1);
}

static void options__name_of_the_runtime__is_the_servers(void **state)
{
    (void)state;
    assert_non_null(say(-1, add_as_the_runtime, WORDS("--threads")));
    assert_non_null(say(-1, add_as_the_runtime, WORDS("--thread-threads", "7")));
    assert_non_null(say(-1, NULL, WORDS("--thread-threads", "7")));
    assert_non_null(
        strstr(say(2, add_as_the_runtime, WORDS("--thread-none", "7")), "no such option"));
    assert_non_null(strstr(say(2, add_as_the_runtime, WORDS("--thread-", "7")), "no such option"));
    assert_non_null(
        strstr(say(2, add_as_the_runtime, WORDS("--threadsthreads")), "no such option"));
    const char *help = say(0, add_as_the_runtime, WORDS("--help"));
    assert_non_null(strstr(help, "  --threads "));
    assert_non_null(strstr(help, "  --thread-threads N "));
    assert_non_null(
        strstr(say(2, with_environment_of_the_runtime, WORDS(NULL)), "FLUX_THREAD_THREADS: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options__name_of_the_runtime__is_the_servers),
        cmocka_unit_test(options__one_letter__has_one_dash),
        cmocka_unit_test(read__nothing_added__core_and_runtime_only),
        cmocka_unit_test(read__operand_that_nobody_takes__refused),
        cmocka_unit_test(read__levels__all_four),
        cmocka_unit_test(read__environment__named_in_capitals),
        cmocka_unit_test(read__names_that_are_taken__refused_at_every_start),
        cmocka_unit_test(read__help_of_two_tables__under_one_title),
        cmocka_unit_test(read__help_that_cannot_be_written__exits_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

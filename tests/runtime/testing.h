/* testing.h - what runtime tests are made of: programs as fluxc would emit them, written by hand.
 *
 * A test is an ordinary program on a runtime: the core's main runs it, and it passes when that
 * exits 0. A test that has to see a program from outside (signals, exit status, log) starts itself
 * again, with other arguments, from `initial`: test_scenario() tells the two apart.
 */
#ifndef TESTING_H
#define TESTING_H

#include "flux_abi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#define PASTE_(a, b) a##b
#define PASTE(a, b)  PASTE_(a, b)
#define TEXT_(a)     #a
#define TEXT(a)      TEXT_(a)

/* The head of every struct flux_program. */
#define TEST_PROGRAM(name_)                                                                        \
    .abi = FLUX_ABI_VERSION, .name = (name_), .runtime = TEXT(FLUX_RUNTIME),                       \
    .runtime_symbol = &PASTE(flux_runtime_is_, FLUX_RUNTIME)

#define SOURCE(name_, frame)                                                                       \
    .name = #name_, .file = __FILE__, .line = __LINE__, .run = run_##name_,                        \
    .frame_size = sizeof(struct frame)

/* A place for errors: node `name`, at the top of its path. */
#define PLACE(variable, name_)                                                                     \
    static const struct flux_node variable##_node = {name_, __FILE__, __LINE__};                   \
    static const struct flux_place variable = {&variable##_node, NULL}

static inline bool is_runtime(const char *name)
{
    return strcmp(flux_runtime_name(), name) == 0;
}

/* Waits without occupying anything but the flow. */
static inline void wait_a_little(void)
{
    poll(NULL, 0, 1);
}

#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        while (!(condition))                                                                       \
            wait_a_little();                                                                       \
    } while (0)

/* ---- a program seen from outside ------------------------------------------------------------- */

/* NULL in the test itself. */
static inline const char *test_scenario(void)
{
    return getenv("TEST_SCENARIO");
}

static inline bool scenario_is(const char *name)
{
    return test_scenario() != NULL && strcmp(test_scenario(), name) == 0;
}

struct child {
    pid_t pid;
    int log; /* reads what it writes to standard output and error */
    char *text;
    size_t size, room;
};

/* Starts this program for a scenario, with up to four arguments. */
static inline void child_start(struct child *child, const char *scenario, char *const arguments[4])
{
    int fds[2];
    CHECK(pipe(fds) == 0);
    *child = (struct child){.log = fds[0], .text = calloc(1, 1), .room = 1};
    CHECK(child->text != NULL);
    fflush(NULL);
    child->pid = fork();
    CHECK(child->pid >= 0);
    if (child->pid == 0) {
        char *argv[] = {(char *)"test", arguments[0], arguments[1],
                        arguments[2],   arguments[3], NULL};
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        setenv("TEST_SCENARIO", scenario, 1);
        execv(program_invocation_name, argv);
        _exit(127);
    }
    close(fds[1]);
}

#define ARGUMENTS(...) ((char *const[4]){__VA_ARGS__})

/* Reads more of its log; false at the end. */
static inline bool child_read(struct child *child)
{
    if (child->room - child->size < 4096) {
        child->room = 2 * child->room + 4096;
        child->text = realloc(child->text, child->room);
        CHECK(child->text != NULL);
    }
    ssize_t size = read(child->log, child->text + child->size, child->room - child->size - 1);
    if (size <= 0)
        return false;
    child->size += (size_t)size;
    child->text[child->size] = '\0';
    return true;
}

static inline unsigned child_count(const struct child *child, const char *words)
{
    unsigned count = 0;
    for (const char *at = child->text; (at = strstr(at, words)) != NULL; at++)
        count++;
    return count;
}

/* Waits until its log says so, that many times. */
static inline void child_await(struct child *child, const char *words, unsigned times)
{
    while (child_count(child, words) < times) {
        if (!child_read(child)) {
            fprintf(stderr, "'%s' was not logged %u times, but:\n%s", words, times, child->text);
            kill(child->pid, SIGKILL);
            _exit(1);
        }
    }
}

/* Waits for its end; returns waitpid's status. The text stays until child_free. */
static inline int child_end(struct child *child)
{
    int status = 0;
    while (child_read(child))
        continue;
    CHECK(waitpid(child->pid, &status, 0) == child->pid);
    close(child->log);
    return status;
}

static inline void child_free(struct child *child)
{
    free(child->text);
}

/* As CHECK, and shows what the child has logged. */
#define CHECK_CHILD(child, condition)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fprintf(stderr, "%s", (child)->text);                                                  \
        CHECK(condition);                                                                          \
    } while (0)

static inline bool ended_with(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

#endif

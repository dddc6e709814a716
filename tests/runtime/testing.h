/* testing.h - what runtime tests are made of: programs as fluxc would emit them, written by hand.
 *
 * A test is an ordinary program on a runtime: the core's main runs it, and it passes when that exits
 * 0. A test that has to look at a program from outside (signals, exit status, log) forks in
 * `initial`: the child goes on as the program, the parent watches it and decides.
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

/* ---- a program seen from outside ------------------------------------------------------------- */

struct child {
    pid_t pid;
    int log; /* reads its standard error */
    char text[65536];
    size_t size;
};

/* Returns true in the child, whose standard error is a pipe, and false in the parent. */
static inline bool child_start(struct child *child)
{
    int fds[2];
    CHECK(pipe(fds) == 0);
    fflush(NULL);
    child->pid = fork();
    CHECK(child->pid >= 0);
    if (child->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        return true;
    }
    close(fds[1]);
    child->log = fds[0];
    child->size = 0;
    child->text[0] = '\0';
    return false;
}

/* Reads more of its log; false at the end. */
static inline bool child_read(struct child *child)
{
    if (child->size == sizeof child->text - 1)
        return false;
    ssize_t size = read(child->log, child->text + child->size, sizeof child->text - 1 - child->size);
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

/* Waits until its log says so. */
static inline void child_await(struct child *child, const char *words)
{
    while (strstr(child->text, words) == NULL) {
        if (!child_read(child)) {
            fprintf(stderr, "'%s' was not logged, but:\n%s", words, child->text);
            kill(child->pid, SIGKILL);
            _exit(1);
        }
    }
}

/* Waits for its end; returns waitpid's status. */
static inline int child_end(struct child *child)
{
    int status = 0;
    while (child_read(child))
        continue;
    CHECK(waitpid(child->pid, &status, 0) == child->pid);
    close(child->log);
    return status;
}

static inline bool ended_with(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

#endif

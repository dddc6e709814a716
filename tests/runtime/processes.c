/* --processes N: each process is a program of its own; one that dies is told and replaced, a stop
 * reaches all of them, `initial` and `final` run once; when all end by themselves, so does the
 * parent. A second signal ends all at once. Signals that the program has handlers for reach all,
 * and a SIGHUP those that start later, too. */
#include "testing.h"

#include <string.h>

static int silent[2];

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Wait(struct flux_flow *base)
{
    char byte;
    if (base->at != 0)
        return FLUX_ENDED;
    flux_log(FLUX_INFO, "pid=%ld works", (long)getpid());
    if (scenario_is("ends"))
        return flux_source_fail(base, NULL, FLUX_STOP, false);
    if (scenario_is("endless"))
        WAIT_UNTIL(false);
    ssize_t size = read(silent[0], &byte, 1);
    return flux_source_fail(base, NULL, size < 0 ? errno : EIO, false);
}

static int final(void)
{
    flux_log(FLUX_INFO, "final");
    return 0;
}

/* The pid in the n-th line of those that say which process works. */
static pid_t worker(const struct child *child, int n)
{
    const char *at = child->text;
    for (int i = 0; i < n; i++) {
        at = strstr(at, "pid=");
        CHECK(at != NULL);
        at += 4;
    }
    return (pid_t)atoi(at);
}

static void told(int signal)
{
    const char *text = signal == SIGHUP ? "hung up\n" : "told\n";
    (void)!write(STDERR_FILENO, text, strlen(text));
}

static void handle(int signal)
{
    struct sigaction action = {.sa_handler = told};
    sigemptyset(&action.sa_mask);
    CHECK(sigaction(signal, &action, NULL) == 0);
}

/* Signals that the program has handlers for. Not under ThreadSanitizer: there a handler waits until
 * its thread comes out of the next function that the sanitizer knows, which may be the wait for the
 * end of the program. */
static void pass_on_signals(void)
{
#if !defined(__SANITIZE_THREAD__)
    struct child child;
    int status;

    child_start(&child, "signals", ARGUMENTS((char *)"--processes=2"));
    child_await(&child, "works", 2);
    kill(child.pid, SIGUSR1);
    child_await(&child, "told", 2);
    kill(child.pid, SIGHUP);
    child_await(&child, "hung up", 2);
    kill(worker(&child, 2), SIGKILL);
    child_await(&child, "works", 3);
    child_await(&child, "hung up", 3);
    kill(child.pid, SIGTERM);
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "told") == 2 && child_count(&child, "hung up") == 3);
    child_free(&child);
#endif
}

static int initial(void)
{
    struct child child;
    int status;

    CHECK(pipe(silent) == 0);
    flux_log(FLUX_INFO, "initial");
    if (scenario_is("signals")) {
        handle(SIGHUP);
        handle(SIGUSR1);
    }
    if (test_scenario() != NULL)
        return 0;

    child_start(&child, "works", ARGUMENTS((char *)"--processes=2"));
    child_await(&child, "works", 2);
    CHECK(worker(&child, 1) != worker(&child, 2) && worker(&child, 1) != child.pid);
    kill(worker(&child, 1), SIGKILL);
    child_await(&child, "was killed by signal 9: another one starts", 1);
    child_await(&child, "works", 3);
    kill(child.pid, SIGTERM);
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "initial") == 1);
    CHECK_CHILD(&child, child_count(&child, "final") == 1);
    CHECK_CHILD(&child, kill(worker(&child, 2), 0) < 0 && kill(worker(&child, 3), 0) < 0);
    child_free(&child);

    pass_on_signals();

    child_start(&child, "ends", ARGUMENTS((char *)"--processes", (char *)"3"));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "works") == 3);
    child_free(&child);

    child_start(&child, "endless", ARGUMENTS((char *)"--processes", (char *)"2"));
    child_await(&child, "works", 2);
    kill(child.pid, SIGTERM);
    child_await(&child, "stopping", 3); /* the parent and both */
    kill(child.pid, SIGTERM);
    status = child_end(&child);
    CHECK_CHILD(&child, WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Wait, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("processes"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

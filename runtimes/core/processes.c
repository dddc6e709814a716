/* processes.c - `--processes N`: N processes of one program, and a parent that looks after them.
 *
 * The children share what `initial` has opened, a listening socket above all, and nothing else
 * (R28). The parent passes signals on and starts a child anew that has died, after 100 ms at first,
 * twice as long each time it dies again within ten seconds, ten seconds at most. A child that has
 * ended by itself with status 0 is done. The parent ends when all are.
 */
#include "core.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND    UINT64_C(1000000000)
#define DELAY_MIN (SECOND / 10)
#define DELAY_MAX (10 * SECOND)
#define STEADY    (10 * SECOND)

struct child {
    pid_t pid; /* 0: not running */
    bool done;
    uint64_t started, delay;
    uint64_t due; /* when to start it again */
};

struct family {
    struct child *children;
    unsigned count;
    int signals; /* SIGTERM and SIGINT so far */
    int killer;  /* a stop signal that a child has died of; 0: none */
    int status;
    bool hung_up; /* SIGHUP has been passed on */
    sigset_t before;
};

unsigned fluxi_process_index;

/* Returns true in the child. */
static bool start(struct family *family, struct child *child)
{
    pid_t parent = getpid();
    fflush(NULL); /* or both would write what `initial` has printed */
    child->started = flux_now();
    child->pid = fork();
    if (child->pid == 0) {
        fluxi_process_index = (unsigned)(child - family->children);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
            raise(SIGTERM);
        /* What it has is as old as `initial`: log files, say, that have been renamed since. */
        if (family->hung_up)
            kill(getpid(), SIGHUP);
        pthread_sigmask(SIG_SETMASK, &family->before, NULL);
        return true;
    }
    if (child->pid < 0) {
        flux_log(FLUX_ERROR, "a process cannot be started: %s", flux_strerror(errno));
        child->pid = 0;
        child->delay = DELAY_MAX;
        child->due = child->started + child->delay;
    }
    return false;
}

static void plan_restart(struct child *child)
{
    uint64_t now = flux_now();
    bool steady = now - child->started >= STEADY;
    child->delay = steady || child->delay == 0    ? DELAY_MIN
                   : child->delay < DELAY_MAX / 2 ? child->delay * 2
                                                  : DELAY_MAX;
    child->due = now + child->delay;
}

static void buried(struct family *family, struct child *child, int status)
{
    long pid = child->pid;
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    char how[64];

    child->pid = 0;
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exited with status %d", WEXITSTATUS(status));
    if (well || family->signals > 0) {
        child->done = true;
        if (!well) {
            flux_log(FLUX_ERROR, "process %ld %s", pid, how);
            family->status = 1;
        }
        if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT))
            family->killer = WTERMSIG(status);
        return;
    }
    plan_restart(child);
    flux_log(FLUX_ERROR, "process %ld %s: another one starts in %llu ms", pid, how,
             (unsigned long long)(child->delay / 1000000));
}

static void reap(struct family *family)
{
    for (unsigned i = 0; i < family->count; i++) {
        struct child *child = &family->children[i];
        int status;
        if (child->pid != 0 && waitpid(child->pid, &status, WNOHANG) == child->pid)
            buried(family, child, status);
    }
}

static void relay(const struct family *family, int signal)
{
    for (unsigned i = 0; i < family->count; i++) {
        if (family->children[i].pid != 0)
            kill(family->children[i].pid, signal);
    }
}

static void stop(struct family *family, int signal)
{
    if (family->signals++ == 0)
        flux_log(FLUX_INFO, "stopping");
    relay(family, signal);
    for (unsigned i = 0; i < family->count; i++) {
        if (family->children[i].pid == 0)
            family->children[i].done = true;
    }
}

static void signalled(struct family *family, int signal)
{
    if (signal == SIGTERM || signal == SIGINT) {
        stop(family, signal);
    } else if (signal > 0 && signal != SIGCHLD) {
        relay(family, signal);
        family->hung_up |= signal == SIGHUP;
    }
}

/* Starts what is due. Sets *next to the time of what comes next, UINT64_MAX: nothing. Returns true
 * in a child. */
static bool start_due(struct family *family, uint64_t *next)
{
    *next = UINT64_MAX;
    for (unsigned i = 0; i < family->count; i++) {
        struct child *child = &family->children[i];
        if (child->pid != 0 || child->done)
            continue;
        if (child->due <= flux_now() && start(family, child))
            return true;
        if (child->pid == 0 && child->due < *next)
            *next = child->due;
    }
    return false;
}

static bool all_done(const struct family *family)
{
    for (unsigned i = 0; i < family->count; i++) {
        if (!family->children[i].done)
            return false;
    }
    return true;
}

/* Returns true in a child, false in the parent once all are done. */
static bool look_after(struct family *family, const sigset_t *set)
{
    while (!all_done(family)) {
        uint64_t next;
        if (start_due(family, &next))
            return true;
        uint64_t now = flux_now(), wait = next > now ? next - now : 0;
        struct timespec time = {.tv_sec = (time_t)(wait / SECOND),
                                .tv_nsec = (long)(wait % SECOND)};
        signalled(family, sigtimedwait(set, NULL, next == UINT64_MAX ? NULL : &time));
        reap(family);
    }
    return false;
}

/* Whether the program does something at a signal: it has a handler, or waits for it. Where it does
 * not, the signal means the parent, as it would mean a program without --processes. */
static bool has_use(int signal, const sigset_t *blocked)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(signal, NULL, &action);
    return sigismember(blocked, signal) ||
           (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

static void add_passed_on(sigset_t *set, const sigset_t *blocked)
{
    static const int signals[] = {SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (has_use(signals[i], blocked))
            sigaddset(set, signals[i]);
    }
}

int fluxi_processes_run(unsigned count)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    struct family family = {.count = count, .children = calloc(count, sizeof(struct child))};
    sigset_t set;

    if (family.children == NULL) {
        flux_log(FLUX_ERROR, "--processes: %s", flux_strerror(ENOMEM));
        return 1;
    }
    sigemptyset(&standard.sa_mask);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    sigaction(SIGCHLD, &standard, NULL); /* an inherited SIG_IGN would hide the dead */
    pthread_sigmask(SIG_BLOCK, NULL, &family.before);
    add_passed_on(&set, &family.before);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    flux_log(FLUX_INFO,
             "%u processes, each a program of its own: constraints and memory are not "
             "shared between them",
             count);

    bool is_child = look_after(&family, &set);
    free(family.children);
    if (is_child)
        return -1;
    pthread_sigmask(SIG_SETMASK, &family.before, NULL);
    if (family.signals > 1 && family.killer != 0) {
        sigemptyset(&set);
        sigaddset(&set, family.killer);
        sigaction(family.killer, &standard, NULL);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        fluxi_counters_write();
        raise(family.killer);
    }
    return family.status;
}

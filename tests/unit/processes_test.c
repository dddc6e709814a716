/* --processes: a parent that looks after its children. Processes, signals and time are the test's:
 * a script says what sigtimedwait returns, and who has died by then. */
#include "allocation.h"
#include "capture.h"
#include "core.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)

/* Time passes, processes die, and a signal comes; 0: none comes before the wait is over. */
struct event {
    int signal;
    uint64_t after;
    int dead; /* bit n: process FIRST + n */
    int status;
};

#define FIRST          101
#define DIES(n)        (1 << (n))
#define EXIT(code)     ((code) << 8)
#define KILLED(signal) (signal)

static const struct event *script;
static uint64_t now, wait_asked, time_of_each_look;
static sigset_t awaited;
static int dead, dead_status;
static pid_t next_pid;
static int forks_refused;
static bool in_child;
static pid_t child_from; /* from this one on, fork returns in the child; 0: in none */
static uint64_t forked_at[16];
static char sent[256]; /* "101:15 " */
static int raised;

uint64_t flux_now(void)
{
    return now += time_of_each_look;
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *time)
{
    const struct event *event = script++;
    assert_null(info);
    assert_true(sigismember(set, SIGCHLD) && sigismember(set, SIGTERM) && sigismember(set, SIGINT));
    awaited = *set;
    wait_asked = UINT64_MAX;
    if (time != NULL)
        wait_asked = (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
    dead |= event->dead;
    dead_status = event->status;
    if (event->signal != 0) {
        now += event->after;
        return event->signal;
    }
    assert_true(time != NULL); /* or it would wait for ever */
    now += wait_asked;
    errno = EAGAIN;
    return -1;
}

pid_t fork(void)
{
    if (in_child || next_pid == child_from)
        return 0;
    if (forks_refused > 0) {
        forks_refused--;
        errno = EAGAIN;
        return -1;
    }
    forked_at[next_pid - FIRST] = now;
    return next_pid++;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    int bit = 1 << (pid - FIRST);
    assert_int_equal(options, WNOHANG);
    if ((dead & bit) == 0)
        return 0;
    dead &= ~bit;
    *status = dead_status;
    return pid;
}

int kill(pid_t pid, int signal)
{
    size_t length = strlen(sent);
    snprintf(sent + length, sizeof sent - length, "%d:%d ", (int)pid, signal);
    return 0;
}

int raise(int signal)
{
    raised = signal;
    return 0;
}

static pid_t parent_now; /* 0: as before */

pid_t getppid(void)
{
    return parent_now != 0 ? parent_now : getpid();
}

static int begin(void **state)
{
    (void)state;
    now = SECOND;
    time_of_each_look = 0;
    dead = raised = forks_refused = 0;
    next_pid = FIRST;
    child_from = 0;
    in_child = false;
    sent[0] = '\0';
    return 0;
}

static unsigned count;
static int result;

static void look_after(void)
{
    result = fluxi_processes_run(count);
}

/* Runs a script to its end; returns what is logged. */
static const char *log_of(unsigned processes, const struct event *events, size_t event_count)
{
    count = processes;
    script = events;
    const char *log = capture(look_after);
    assert_ptr_equal(script, events + event_count);
    return log;
}

#define LOG_OF(processes, ...)                                                                     \
    log_of(processes, (const struct event[]){__VA_ARGS__},                                         \
           sizeof((const struct event[]){__VA_ARGS__}) / sizeof(struct event))

/* ---- the cases ------------------------------------------------------------------------------- */

static void run__all_end_well__done(void **state)
{
    (void)state;
    LOG_OF(2, {SIGCHLD, 0, DIES(0), EXIT(0)}, {SIGCHLD, 0, 0, 0}, {SIGCHLD, 0, DIES(1), EXIT(0)});
    assert_int_equal(wait_asked, UINT64_MAX);
    assert_int_equal(result, 0);
    assert_int_equal(next_pid, FIRST + 2);
}

/* 100 ms, then twice as long each time, 10 s at most; from the start again after a steady run. */
static void run__dies_again_and_again__restarts_slow_down(void **state)
{
    static const uint64_t delays[] = {100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000};
    enum { TIMES = sizeof delays / sizeof *delays };
    static struct event events[2 * TIMES + 5];
    (void)state;
    for (int i = 0; i < TIMES; i++)
        events[2 * i] = (struct event){SIGCHLD, MS, DIES(i), KILLED(SIGSEGV)};
    events[2 * TIMES] = (struct event){SIGCHLD, 10 * SECOND, DIES(TIMES), EXIT(3)};
    events[2 * TIMES + 2] = (struct event){SIGCHLD, MS, DIES(TIMES + 1), EXIT(0)};
    const char *log = log_of(1, events, 2 * TIMES + 3);
    assert_non_null(strstr(log, "process 101 was killed by signal 11: another one starts in 100 "
                                "ms\n"));
    assert_non_null(strstr(log, "process 109 was killed by signal 11: another one starts in 10000 "
                                "ms\n"));
    assert_non_null(
        strstr(log, "process 110 exited with status 3: another one starts in 100 ms\n"));
    for (int i = 0; i < TIMES; i++)
        assert_int_equal(forked_at[i + 1] - forked_at[i], (delays[i] + 1) * MS);
    assert_int_equal(forked_at[TIMES + 1] - forked_at[TIMES], 10100 * MS);
}

static void run__two_die__each_restarts_in_its_time(void **state)
{
    (void)state;
    LOG_OF(2, {SIGCHLD, 0, DIES(0), EXIT(1)}, {SIGCHLD, 30 * MS, DIES(1), EXIT(1)}, {0, 0, 0, 0},
           {0, 0, 0, 0}, {SIGCHLD, 0, DIES(2) | DIES(3), EXIT(0)});
    assert_int_equal(forked_at[2], SECOND + 100 * MS);
    assert_int_equal(forked_at[3], SECOND + 130 * MS);
}

static void run__no_more_processes__tried_again_after_10_s(void **state)
{
    (void)state;
    forks_refused = 1;
    const char *log = LOG_OF(1, {0, 0, 0, 0}, {SIGCHLD, 0, DIES(0), EXIT(0)});
    assert_non_null(strstr(log, "a process cannot be started: Resource temporarily unavailable"));
    assert_int_equal(forked_at[0], 11 * SECOND);
    assert_int_equal(result, 0);
}

/* The time for it comes while the others are looked at. */
static void run__restart_due_meanwhile__no_wait(void **state)
{
    (void)state;
    time_of_each_look = 60 * MS;
    LOG_OF(1, {SIGCHLD, 0, DIES(0), EXIT(1)}, {0, 0, 0, 0}, {SIGCHLD, 0, DIES(1), EXIT(0)});
    assert_int_equal(result, 0);
    assert_int_equal(next_pid, FIRST + 2);
}

static void stop__some_run__passed_on_and_none_restarted(void **state)
{
    (void)state;
    LOG_OF(3, {SIGCHLD, 0, DIES(1), KILLED(SIGKILL)}, {SIGTERM, 0, 0, 0},
           {SIGCHLD, 0, DIES(0) | DIES(2), EXIT(0)});
    assert_string_equal(sent, "101:15 103:15 ");
    assert_int_equal(result, 0);
    assert_int_equal(raised, 0);
}

static void stop__one_ends_badly__exits_1(void **state)
{
    (void)state;
    const char *log =
        LOG_OF(3, {SIGINT, 0, 0, 0}, {SIGCHLD, 0, DIES(0), EXIT(3)},
               {SIGCHLD, 0, DIES(1), KILLED(SIGKILL)}, {SIGCHLD, 0, DIES(2), KILLED(SIGTERM)});
    assert_string_equal(sent, "101:2 102:2 103:2 ");
    assert_non_null(strstr(log, "process 101 exited with status 3\n"));
    assert_non_null(strstr(log, "process 102 was killed by signal 9\n"));
    assert_int_equal(result, 1);
    assert_int_equal(raised, 0);
}

static void stop__twice_but_they_end_well__no_signal(void **state)
{
    (void)state;
    LOG_OF(1, {SIGTERM, 0, 0, 0}, {SIGTERM, 0, DIES(0), EXIT(0)});
    assert_string_equal(sent, "101:15 101:15 ");
    assert_int_equal(raised, 0);
    assert_int_equal(result, 0);
}

/* A second signal ends the children as it does by default, and so the parent. (In a build for
 * coverage nothing is counted after that.) */
static void stop__twice__ends_by_that_signal(void **state)
{
    (void)state;
    const char *log = LOG_OF(1, {SIGINT, 0, 0, 0}, {SIGINT, 0, DIES(0), KILLED(SIGINT)});
    assert_null(strstr(strstr(log, "stopping") + 1, "stopping"));
    assert_int_equal(raised, SIGINT);
    begin(NULL);
    LOG_OF(1, {SIGTERM, 0, 0, 0}, {SIGTERM, 0, DIES(0), KILLED(SIGTERM)});
    assert_int_equal(raised, SIGTERM);
}

/* ---- signals that are the program's ---- */

static void handle(int signal)
{
    (void)signal;
}

/* What happens at the signal; returns what it was before. */
static struct sigaction at_signal(int signal, void (*action)(int))
{
    struct sigaction before, after = {.sa_handler = action};
    sigemptyset(&after.sa_mask);
    sigaction(signal, &after, &before);
    return before;
}

static void block(int how, int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    sigprocmask(how, &set, NULL);
}

static void relay__program_has_a_handler__all_get_it_and_go_on(void **state)
{
    struct sigaction before = at_signal(SIGUSR1, handle);
    (void)state;
    const char *log = LOG_OF(3, {SIGCHLD, 0, DIES(1), KILLED(SIGKILL)}, {SIGUSR1, 0, 0, 0},
                             {0, 0, 0, 0}, {SIGCHLD, 0, DIES(0) | DIES(2) | DIES(3), EXIT(0)});
    assert_string_equal(sent, "101:10 103:10 ");
    assert_null(strstr(log, "stopping"));
    assert_int_equal(result, 0);
    sigaction(SIGUSR1, &before, NULL);
}

static void relay__program_blocks_it__all_get_it(void **state)
{
    (void)state;
    block(SIG_BLOCK, SIGHUP);
    LOG_OF(2, {SIGHUP, 0, 0, 0}, {SIGCHLD, 0, DIES(0) | DIES(1), EXIT(0)});
    assert_string_equal(sent, "101:1 102:1 ");
    block(SIG_UNBLOCK, SIGHUP);
}

static void relay__program_has_no_use_for_it__left_to_its_default(void **state)
{
    struct sigaction before = at_signal(SIGUSR2, SIG_IGN), quit = at_signal(SIGQUIT, SIG_DFL);
    (void)state;
    LOG_OF(1, {SIGCHLD, 0, DIES(0), EXIT(0)});
    assert_false(sigismember(&awaited, SIGUSR2));
    assert_false(sigismember(&awaited, SIGQUIT));
    sigaction(SIGUSR2, &before, NULL);
    sigaction(SIGQUIT, &quit, NULL);
}

/* One that starts later has what `initial` has opened, so it is told as the others were. */
static void relay__hangup_before_a_restart__the_new_one_is_told(void **state)
{
    char expected[64];
    (void)state;
    block(SIG_BLOCK, SIGHUP);
    child_from = FIRST + 2;
    LOG_OF(2, {SIGHUP, 0, 0, 0}, {SIGCHLD, 0, DIES(0), KILLED(SIGKILL)}, {0, 0, 0, 0});
    snprintf(expected, sizeof expected, "101:1 102:1 %d:1 ", (int)getpid());
    assert_string_equal(sent, expected);
    assert_int_equal(result, -1);
    block(SIG_UNBLOCK, SIGHUP);
}

static void run__in_the_child__goes_on_as_a_program(void **state)
{
    (void)state;
    in_child = true;
    count = 2;
    capture(look_after);
    assert_int_equal(result, -1);
    assert_int_equal(raised, 0);
    parent_now = 1; /* the parent has died before the child could ask to be told */
    capture(look_after);
    assert_int_equal(raised, SIGTERM);
    parent_now = 0;
}

static void run__no_memory__exits_1(void **state)
{
    (void)state;
    count = 2;
    allocations_left = 0;
    const char *log = capture(look_after);
    allocations_left = -1;
    assert_non_null(strstr(log, "--processes: Cannot allocate memory"));
    assert_int_equal(result, 1);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(run__all_end_well__done),
        TEST(run__dies_again_and_again__restarts_slow_down),
        TEST(run__two_die__each_restarts_in_its_time),
        TEST(run__no_more_processes__tried_again_after_10_s),
        TEST(run__restart_due_meanwhile__no_wait),
        TEST(stop__some_run__passed_on_and_none_restarted),
        TEST(stop__one_ends_badly__exits_1),
        TEST(stop__twice_but_they_end_well__no_signal),
        TEST(relay__program_has_a_handler__all_get_it_and_go_on),
        TEST(relay__program_blocks_it__all_get_it),
        TEST(relay__program_has_no_use_for_it__left_to_its_default),
        TEST(relay__hangup_before_a_restart__the_new_one_is_told),
        TEST(run__in_the_child__goes_on_as_a_program),
        TEST(run__no_memory__exits_1),
        TEST(stop__twice__ends_by_that_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

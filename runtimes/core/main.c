/* main.c - the life of a program: options, `initial`, sources and flows, the stop, `final`.
 *
 * Status: 0 after a stop, even one whose grace period ended before all flows did, and when all
 * sources have ended; 1 when `initial` or the start failed; 2 after a mistake on the command line.
 * A second SIGTERM or SIGINT ends the process as that signal does by default.
 */
#include "admin.h"
#include "core.h"
#include "profile/profile.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND      UINT64_C(1000000000)
#define AGAIN_AFTER (SECOND / 100)

bool (*fluxi_stop_again)(void);

static pthread_t main_thread;
static atomic_bool finished;

void fluxi_finished(void)
{
    if (!atomic_exchange(&finished, true))
        pthread_kill(main_thread, FLUXI_POKE);
}

unsigned fluxi_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* ---- signals --------------------------------------------------------------------------------- */

static void poked(int signal)
{
    (void)signal;
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

/* What the main thread waits for. */
static sigset_t awaited_signals(void)
{
    sigset_t set = stop_signals();
    sigaddset(&set, FLUXI_POKE);
    if (FLUXI_REPORT != 0)
        sigaddset(&set, FLUXI_REPORT);
    return set;
}

/* The main thread keeps blocked what it waits for. Set before `initial`, since threads that a
 * library starts there inherit it and shall not receive the stop. */
static void signals_set_up(void)
{
    struct sigaction poke = {.sa_handler = poked}, ignore = {.sa_handler = SIG_IGN};
    sigset_t set = awaited_signals();
    sigemptyset(&poke.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(FLUXI_POKE, &poke, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* The runtime's threads inherit a mask that blocks all but what a thread does to itself. */
static int start_with_signals_blocked(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGTRAP);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGSYS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = fluxi_admin_start();
    if (error == 0)
        error = fluxi_runtime_start();
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void default_stop_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t set = stop_signals();
    sigemptyset(&standard.sa_mask);
    sigaction(SIGTERM, &standard, NULL);
    sigaction(SIGINT, &standard, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Waits for one of them, for `limit` nanoseconds at most; 0 when none came. */
static int wait_for_signal(uint64_t limit)
{
    struct timespec time = {.tv_sec = (time_t)(limit / SECOND), .tv_nsec = (long)(limit % SECOND)};
    sigset_t set = awaited_signals();
    int signal = sigtimedwait(&set, NULL, limit == UINT64_MAX ? NULL : &time);
    return signal > 0 ? signal : 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void end_at_once(int signal)
{
    flux_log(FLUX_WARNING, "second signal: ends at once");
    default_stop_signals();
    fluxi_counters_write();
    raise(signal);
}

/* Flows still run, so nothing that they use may be freed, and no exit handler may run. */
static void abandon_flows(void)
{
    uint64_t flows = fluxi_runtime_load().flows;
    flux_log(FLUX_WARNING, "grace period over: %llu flow%s abandoned", (unsigned long long)flows,
             flows == 1 ? "" : "s");
    fluxi_constraints_summary();
    fluxi_order_report();
    fluxi_errors_summary();
    fluxi_profile_write();
    default_stop_signals();
    if (ftrylockfile(stdout) == 0)
        fflush_unlocked(stdout);
    fluxi_counters_write();
    syscall(SYS_exit_group, 0); /* as _exit, where a sanitizer would look for what is left behind */
}

static void wait_for_end(void)
{
    uint64_t end = UINT64_MAX; /* of the grace period */
    bool again = false;

    while (!atomic_load(&finished)) {
        bool stopping = atomic_load(&fluxi_stopping);
        uint64_t now = stopping ? flux_now() : 0;
        if (stopping && now >= end)
            abandon_flows();
        uint64_t limit = stopping ? end - now : UINT64_MAX;
        int signal = wait_for_signal(again && limit > AGAIN_AFTER ? AGAIN_AFTER : limit);

        if (signal == SIGTERM || signal == SIGINT) {
            if (stopping)
                end_at_once(signal);
            now = flux_now();
            end = fluxi_settings.grace < UINT64_MAX - now ? now + fluxi_settings.grace : UINT64_MAX;
            flux_log(FLUX_INFO, "stopping");
            atomic_store(&fluxi_stopping, true);
            fluxi_sources_forbid(NULL);
            fluxi_runtime_stop();
            again = fluxi_stop_again != NULL;
        } else if (FLUXI_REPORT != 0 && signal == FLUXI_REPORT) {
            fluxi_order_report();
        } else if (again) {
            again = fluxi_stop_again();
        }
    }
    /* From here on a second signal may find the main thread in `final`. */
    if (atomic_load(&fluxi_stopping))
        default_stop_signals();
}

/* ---- the whole ------------------------------------------------------------------------------- */

static int run(void)
{
    int error = fluxi_sources_make();
    main_thread = pthread_self();
    if (error == 0)
        error = fluxi_profile_begin();
    fluxi_admin_keep(fluxi_process_index);
    if (error != 0)
        flux_log(FLUX_ERROR, "start: %s", flux_strerror(error));
    else if ((error = start_with_signals_blocked()) == 0) {
        fluxi_admin_serve();
        wait_for_end();
        fluxi_admin_end();
        if (!fluxi_profile_write())
            error = EIO;
        fluxi_runtime_join();
    }
    fluxi_admin_end();
    fluxi_profile_free();
    fluxi_sources_free();
    fluxi_sessions_free();
    fluxi_frames_free();
    fluxi_order_free();
    fluxi_errors_summary();
    return error == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    int status = fluxi_options_read(argc, argv);
    if (status >= 0)
        return status;
    if (flux_program.abi != FLUX_ABI_VERSION) {
        fprintf(stderr, "%s: compiled for version %u of the runtimes, linked with version %u\n",
                argc > 0 ? argv[0] : flux_program.name, flux_program.abi, FLUX_ABI_VERSION);
        return 2;
    }
    if (!fluxi_profile_start())
        return 1;
    signals_set_up();
    if (fluxi_admin_open(fluxi_settings.processes > 0 ? (unsigned)fluxi_settings.processes : 1) !=
        0)
        return 1;
    if (flux_program.initial != NULL) {
        int error = flux_program.initial();
        if (error != 0) {
            flux_log(FLUX_ERROR, "initial: %s (%d)", flux_strerror(error), error);
            fluxi_admin_close();
            return 1;
        }
    }
    if (fluxi_settings.processes > 0) {
        status = fluxi_processes_run((unsigned)fluxi_settings.processes);
        if (status < 0)
            return run(); /* one of the processes: `final` is the parent's, as `initial` was */
    } else {
        status = run();
    }
    fluxi_admin_close();
    /* Whatever became of the start or of the processes: `initial` is to be undone. */
    if (flux_program.final != NULL) {
        int error = flux_program.final();
        if (error != 0) {
            flux_log(FLUX_ERROR, "final: %s (%d)", flux_strerror(error), error);
            status = 1;
        }
    }
    return status;
}

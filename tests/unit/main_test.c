/* The life of a program where little goes well. The core's main stays the program's: the tests run
 * before it, and call it. */
#include "allocation.h"
#include "capture.h"
#include "runtime.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

int main(int argc, char **argv);

static int cpus; /* that this process may use; 0: the kernel has more than fit */

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    assert_int_equal(pid, 0);
    assert_int_equal(size, sizeof *set);
    CPU_ZERO(set);
    for (size_t i = 0; i < (size_t)cpus; i++)
        CPU_SET(2 * i, set);
    errno = EINVAL;
    return cpus > 0 ? 0 : -1;
}

static enum flux_next run_Once(struct flux_flow *flow)
{
    return flux_source_fail(flow, NULL, FLUX_STOP, true);
}

static int tear_down(void)
{
    puts("final");
    return EIO;
}

static const struct flux_source once = {
    .name = "Once", .run = run_Once, .frame_size = sizeof(struct flux_flow)};
const struct flux_program flux_program = {.abi = FLUX_ABI_VERSION,
                                          .name = "test",
                                          .sources = &once,
                                          .source_count = 1,
                                          .final = tear_down};

/* Runs the program in a process of its own. */
static int status;

static void run(void)
{
    char name[] = "test", *argv[] = {name, NULL};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int code = main(1, argv);
        allocations_left = -1;
        exit(code);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
}

static void main__final_fails__said_and_exits_1(void **state)
{
    (void)state;
    cpus = 1;
    assert_non_null(strstr(capture(run), "error: final: Input/output error (5)\n"));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

/* What `initial` has set up is torn down all the same (R43). */
static void main__no_memory_for_sources__exits_1_after_final(void **state)
{
    (void)state;
    allocations_left = 0;
    const char *said = capture(run);
    allocations_left = -1;
    assert_non_null(strstr(said, "error: start: Cannot allocate memory\n"));
    assert_non_null(strstr(said, "final\n"));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static atomic_uint pokes;
static bool counting;

int pthread_kill(pthread_t thread, int signal)
{
    int (*send)(pthread_t, int);
    *(void **)&send = dlsym(RTLD_NEXT, "pthread_kill");
    pokes += counting && signal == FLUXI_POKE;
    return counting ? 0 : send(thread, signal);
}

/* The last flow and the last source may both find that nothing is left. */
static void finished__by_two_threads__one_poke(void **state)
{
    (void)state;
    counting = true;
    fluxi_finished();
    fluxi_finished();
    counting = false;
    assert_int_equal(pokes, 1);
}

static void cpus__known_or_not__at_least_one(void **state)
{
    (void)state;
    cpus = 3;
    assert_int_equal(fluxi_cpus(), 3);
    cpus = 0;
    assert_int_equal(fluxi_cpus(), 1);
}

__attribute__((constructor)) static void instead_of_main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main__final_fails__said_and_exits_1),
        cmocka_unit_test(main__no_memory_for_sources__exits_1_after_final),
        cmocka_unit_test(finished__by_two_threads__one_poke),
        cmocka_unit_test(cpus__known_or_not__at_least_one),
    };
    exit(cmocka_run_group_tests(tests, NULL, NULL));
}

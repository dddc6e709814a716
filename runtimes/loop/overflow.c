/* overflow.c - the report of a stack overflow. A flow that runs into the guard of its carrier's
 * stack gets SIGSEGV, which is handled on a stack of its own. The process ends, as it must, but
 * says what happened. */
#include "loop/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static struct sigaction before;

static void put(char *line, size_t *at, size_t size, const char *text)
{
    while (*text && *at < size)
        line[(*at)++] = *text++;
}

static void put_number(char *line, size_t *at, size_t size, uint64_t number)
{
    char digits[24];
    size_t first = sizeof digits - 1;
    digits[first] = '\0';
    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(line, at, size, digits + first);
}

void fluxi_overflow_report(const struct flux_flow *flow, const void *program_counter)
{
    (void)program_counter;
    char line[512];
    size_t at = 0, size = sizeof line;
    put(line, &at, size, "stack overflow");
    if (flow) {
        put(line, &at, size, " in flow ");
        put_number(line, &at, size, flow->id);
        put(line, &at, size, " of source ");
        put(line, &at, size, flow->source->name);
    }
    put(line, &at, size, " (--stack-size SIZE gives more; now ");
    put_number(line, &at, size, fluxi_policy.stack / 1024);
    put(line, &at, size, "K)\n");
    syscall(SYS_write, STDERR_FILENO, line, at);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    if (fluxi_loop && fluxi_stack_guards(fluxi_loop, info->si_addr))
        fluxi_overflow_report(fluxi_current, NULL);
    /* The instruction is tried again on return, now with what would have happened without us. */
    sigaction(SIGSEGV, &before, NULL);
}

void fluxi_overflow_start(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &before);
}

void fluxi_overflow_stop(void)
{
    sigaction(SIGSEGV, &before, NULL);
}

int fluxi_overflow_catch(void **memory)
{
    size_t size = (size_t)sysconf(_SC_SIGSTKSZ);
    if (size < 32768)
        size = 32768;
    *memory = malloc(size);
    if (!*memory)
        return ENOMEM;
    stack_t stack = {.ss_sp = *memory, .ss_size = size};
    sigaltstack(&stack, NULL);
    sigset_t fault;
    sigemptyset(&fault);
    sigaddset(&fault, SIGSEGV);
    pthread_sigmask(SIG_UNBLOCK, &fault, NULL);
    return 0;
}

void fluxi_overflow_ignore(void)
{
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
}

/* overflow.c - the report of a stack overflow. A flow that runs into the guard of its carrier's
 * stack gets SIGSEGV, which is handled on a stack of its own. The process ends, as it must, but
 * says in which node that was:
 *
 *      stack overflow in node Render (in decode_row), flow 17 of source Listen; its stack has 256K
 *      of address space, --stack-size SIZE gives more
 *
 * The node is found on the stack: there the return address into the function that was emitted for
 * the source comes first, seen from the top, and after it one into the node.
 */
#include "loop/loop.h"
#include "loop/symbol.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static struct sigaction before;

/* ---- one line of text ------------------------------------------------------------------------ */

struct line {
    char text[512];
    size_t size;
};

static void put(struct line *line, const char *text)
{
    while (*text && line->size < sizeof line->text - 1)
        line->text[line->size++] = *text++;
}

static void put_number(struct line *line, uint64_t number)
{
    char digits[24];
    size_t first = sizeof digits - 1;
    digits[first] = '\0';
    do
        digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put(line, digits + first);
}

/* ---- which node ------------------------------------------------------------------------------ */

/* The words of the stack from the carrier, at its top, down to `low`. NULL: not found. */
static const char *find_node(const struct symbols *symbols, const struct carrier *carrier,
                             uintptr_t low, const struct flux_flow *flow)
{
    struct symbol emitted, found;
    /* The standard has no name for a function's address as a number. */
    uintptr_t run;
    memcpy(&run, &flow->source->run, sizeof run);
    if (!fluxi_symbol_find(symbols, run, &emitted))
        return NULL;
    bool inside = false;
    for (const uintptr_t *word = (const uintptr_t *)(const void *)carrier - 1;
         (uintptr_t)word >= low; word--) {
        if (*word - emitted.start < emitted.end - emitted.start)
            inside = *word != emitted.start;
        else if (inside && fluxi_symbol_find(symbols, *word, &found) && *word != found.start)
            return found.name;
    }
    return NULL;
}

void fluxi_overflow_report(const struct flux_flow *flow, uintptr_t counter, uintptr_t pointer)
{
    struct line line = {.size = 0};
    struct symbols symbols;
    struct symbol innermost = {.name = NULL};
    const char *node = NULL;
    const struct carrier *carrier = fluxi_loop->running;
    bool named = fluxi_symbols_open(&symbols);

    if (named) {
        fluxi_symbol_find(&symbols, counter, &innermost);
        uintptr_t low = (uintptr_t)carrier->low;
        if (flow)
            node = find_node(&symbols, carrier, pointer > low ? pointer : low, flow);
        if (!node)
            node = innermost.name;
    }
    put(&line, "stack overflow");
    if (node) {
        put(&line, " in node ");
        put(&line, node);
    }
    if (innermost.name && node != innermost.name && strcmp(node, innermost.name) != 0) {
        put(&line, " (in ");
        put(&line, innermost.name);
        put(&line, ")");
    }
    if (flow) {
        put(&line, ", flow ");
        put_number(&line, flow->id);
        put(&line, " of source ");
        put(&line, flow->source->name);
    }
    put(&line, "; its stack has ");
    put_number(&line, fluxi_policy.stack / 1024);
    put(&line, "K of address space, --stack-size SIZE gives more\n");
    syscall(SYS_write, STDERR_FILENO, line.text, line.size);
    if (named)
        fluxi_symbols_close(&symbols);
}

/* ---- the signal ------------------------------------------------------------------------------ */

static uintptr_t program_counter(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

static uintptr_t stack_pointer(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.sp;
#else
    (void)context;
    return 0;
#endif
}

/* In a guard; or anywhere, by a flow that has run through a guard that was missing. */
static bool is_overflow(const void *address, uintptr_t pointer)
{
    if (!fluxi_loop)
        return false;
    const struct carrier *carrier = fluxi_loop->running;
    return fluxi_stack_guards(fluxi_loop, address) ||
           (fluxi_current && pointer - (uintptr_t)carrier->low > carrier->size);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    (void)signal;
    if (is_overflow(info->si_addr, stack_pointer(context))) {
        while (
            atomic_flag_test_and_set(&told)) /* the first one ends the process once it has told */
            syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
        fluxi_overflow_report(fluxi_current, program_counter(context), stack_pointer(context));
    }
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
    long wanted = sysconf(_SC_SIGSTKSZ);
    size_t size = wanted > 32768 ? (size_t)wanted : 32768;
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

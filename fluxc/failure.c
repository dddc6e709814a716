#include "failure.h"

#include "excerpt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void failure_say(const char *format, ...)
{
    char message[2048];
    struct text text = {0};
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    text_print(&text, "fluxc: error: ");
    excerpt_escape(&text, message, strlen(message));
    text_print(&text, "\n");
    fputs(text.failed == 0 ? text.at : "fluxc: error: out of memory\n", stderr);
    text_free(&text);
}

/* ---- what must not stay behind --------------------------------------------------------------- */

/* Read by signal handlers: an entry is complete before it is in the list, and stays there. */
struct debris {
    struct debris *older;
    volatile sig_atomic_t gone;
    char path[];
};
static struct debris *volatile newest;

static void remove_path(const char *path)
{
    if (unlink(path) != 0)
        rmdir(path);
}

static void remove_all(void)
{
    for (struct debris *debris = newest; debris != NULL; debris = debris->older) {
        if (!debris->gone)
            remove_path(debris->path);
        debris->gone = 1;
    }
}

bool failure_remove(const char *path)
{
    size_t size = strlen(path) + 1;
    struct debris *debris = malloc(sizeof *debris + size);
    if (debris == NULL)
        return false;
    memcpy(debris->path, path, size);
    debris->gone = 0;
    debris->older = newest;
    newest = debris;
    return true;
}

void failure_forget(const char *path)
{
    for (struct debris *debris = newest; debris != NULL; debris = debris->older)
        if (strcmp(debris->path, path) == 0)
            debris->gone = 1;
}

void failure_remove_now(const char *path)
{
    remove_path(path);
    failure_forget(path);
}

/* ---- signals --------------------------------------------------------------------------------- */

/* Before an end without exit(), by which a build for coverage would lose what it has counted. */
#ifdef FLUX_COVERAGE
void __gcov_dump(void);
#define counters_write() __gcov_dump()
#else
#define counters_write() ((void)0)
#endif

static void on_interrupt(int signal_number)
{
    remove_all();
    counters_write();
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* delivered on return */
}

static void on_crash(int signal_number)
{
    static const char message[] =
        "fluxc: internal error: this is a defect of fluxc, not of your program.\n"
        "Please report it, with the .flux file and the command line.\n";
    (void)signal_number;
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written; /* there is nobody else to tell */
    remove_all();
    counters_write();
    _exit(70);
}

static void catch_signal(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction old, action = {.sa_handler = handler, .sa_flags = flags};
    sigfillset(&action.sa_mask);
    /* What is ignored (nohup) or caught already (by a sanitizer) stays so. */
    if (sigaction(signal_number, NULL, &old) == 0 && (old.sa_flags & SA_SIGINFO) == 0 &&
        old.sa_handler == SIG_DFL)
        sigaction(signal_number, &action, NULL);
}

/* A standard stream that was closed is opened the wrong way round: using it still fails, and no
 * file that is opened later takes its number. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(2);
}

void failure_catch(void)
{
    fill_standard_streams();
    static _Alignas(max_align_t) char crash_stack[64 << 10]; /* an overflow leaves no other */
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

    for (unsigned i = 0; i < sizeof interrupts / sizeof interrupts[0]; i++)
        catch_signal(interrupts[i], on_interrupt, 0);
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        catch_signal(crashes[i], on_crash, SA_ONSTACK);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    atexit(remove_all);
}

/* leak.c - a library to preload that makes a program leak: every LEAK_EVERY-th call of LEAK_CALL
 * does nothing. That is `free`, or `close` of a regular file, which nobody else notices.
 *
 *      LEAK_CALL=close LEAK_EVERY=10 LD_PRELOAD=.../leak.so ./server
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum { NOTHING, FREE, CLOSE } leaking;
static unsigned long every;
static atomic_ulong calls;

__attribute__((constructor)) static void begin(void)
{
    const char *call = getenv("LEAK_CALL"), *number = getenv("LEAK_EVERY");
    every = number != NULL ? strtoul(number, NULL, 10) : 0;
    if (call != NULL && every > 0)
        leaking = strcmp(call, "free") == 0 ? FREE : CLOSE;
}

static bool is_leaked(void)
{
    return atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) % every == every - 1;
}

static bool is_file(int fd)
{
    struct stat status;
    return syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH) == 0 && S_ISREG(status.st_mode);
}

/* The C library's own: dlsym may free something itself. */
extern void __libc_free(void *block);

void free(void *block)
{
    if (leaking != FREE || block == NULL || !is_leaked())
        __libc_free(block);
}

int close(int fd)
{
    static int (*real)(int);
    if (leaking == CLOSE && is_file(fd) && is_leaked())
        return 0;
    if (real == NULL)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "close");
    return real(fd);
}

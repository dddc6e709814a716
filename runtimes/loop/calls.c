/* calls.c - the table of intercepted calls, and what they have in common. */
#include "loop/calls.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>

struct fluxi_real fluxi_real;

/* It names the definitions, too, which is what makes the linker take their files out of the
 * library: a program that calls none of them itself may use a shared library that does. */
static const struct {
    const char *name;
    void **real;
    void (*own)(void);
} calls[] = {
#define ROW(type, name, parameters)                                                                \
    {#name, (void **)(void *)&fluxi_real.name, (void (*)(void))fluxi_call_##name},
    FLUXI_CALLS(ROW)};

#define COUNT (sizeof calls / sizeof calls[0])

/* Before main, so that no two threads do it at once; earlier where a library's start needs one. */
__attribute__((constructor)) void fluxi_calls_find(void)
{
    int error = errno;
    for (size_t i = 0; i < COUNT; i++)
        *calls[i].real = dlsym(RTLD_NEXT, calls[i].name);
    errno = error;
}

void fluxi_calls_verify(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        void (*found)(void);
        *(void **)(void *)&found = dlsym(RTLD_DEFAULT, calls[i].name);
        if (found != calls[i].own) {
            flux_log(FLUX_WARNING,
                     "%s is not intercepted in shared libraries: there it blocks a "
                     "loop (link the program dynamically, without a version script)",
                     calls[i].name);
            return;
        }
    }
}

/* ---- waiting --------------------------------------------------------------------------------- */

int fluxi_calls_wait(int fd, uint32_t events, uint64_t until, int late)
{
    struct wait wait = {.fd = fd, .events = events};
    int outcome = fluxi_block(&wait, 1, until);
    if (outcome == 0)
        return 0;
    return fluxi_fail(outcome == ETIMEDOUT ? late : outcome);
}

/* Does the user of this descriptor want EAGAIN? */
static bool non_blocking(int fd)
{
    int flags = REAL(fcntl)(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK) && !fluxi_descriptor_lent(fd);
}

uint64_t fluxi_calls_limit(int fd, int option)
{
    struct timeval limit = {0};
    socklen_t length = sizeof limit;
    if (option == 0 || getsockopt(fd, SOL_SOCKET, option, &limit, &length) != 0 ||
        (limit.tv_sec == 0 && limit.tv_usec == 0))
        return FLUXI_NEVER;
    if (limit.tv_sec > INT64_MAX / 2000000000)
        return FLUXI_NEVER;
    return flux_now() + (uint64_t)limit.tv_sec * 1000000000 + (uint64_t)limit.tv_usec * 1000;
}

int fluxi_calls_patience(struct patience *patience)
{
    if (!patience->asked) {
        patience->asked = true;
        patience->until = FLUXI_NEVER;
        if (!fluxi_descriptor_plain(fluxi_loop, patience->fd)) {
            uint32_t settings = fluxi_descriptor_settings();
            if (non_blocking(patience->fd))
                return fluxi_fail(EAGAIN);
            uint64_t in = fluxi_calls_limit(patience->fd, SO_RCVTIMEO);
            uint64_t out = fluxi_calls_limit(patience->fd, SO_SNDTIMEO);
            if (in == FLUXI_NEVER && out == FLUXI_NEVER)
                fluxi_descriptor_set_plain(fluxi_loop, patience->fd, settings);
            else if (patience->option != 0)
                patience->until = patience->option == SO_RCVTIMEO ? in : out;
        }
    }
    return fluxi_calls_wait(patience->fd, patience->events, patience->until, patience->late);
}

int fluxi_calls_unblock(int fd)
{
    int flags = REAL(fcntl)(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) || REAL(fcntl)(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return -1;
    return flags;
}

void fluxi_calls_restore(int fd, int flags)
{
    int error = errno;
    if (flags >= 0)
        REAL(fcntl)(fd, F_SETFL, flags);
    errno = error;
}

/* ---- lists of buffers ------------------------------------------------------------------------ */

const struct iovec *fluxi_rest(struct rest *rest, int *count)
{
    while (rest->count > 0 && rest->skip >= rest->parts->iov_len) {
        rest->skip -= rest->parts->iov_len;
        rest->parts++;
        rest->count--;
    }
    *count = rest->count;
    if (rest->skip == 0)
        return rest->parts;
    int most = (int)(sizeof rest->window / sizeof rest->window[0]);
    if (*count > most)
        *count = most;
    for (int i = 0; i < *count; i++)
        rest->window[i] = rest->parts[i];
    rest->window[0].iov_base = (char *)rest->window[0].iov_base + rest->skip;
    rest->window[0].iov_len -= rest->skip;
    return rest->window;
}

void fluxi_rest_skip(struct rest *rest, size_t bytes)
{
    rest->skip += bytes;
}

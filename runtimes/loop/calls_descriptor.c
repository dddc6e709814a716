/* calls_descriptor.c - calls that end, copy or set up descriptors: the runtime must know when a
 * number no longer means what it did, and when a descriptor's own settings change. These act on all
 * threads. */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- numbers --------------------------------------------------------------------------------- */

int fluxi_call_close(int fd)
{
    unsigned long known = fluxi_descriptor_leave(fd);
    int result = REAL(close)(fd);
    fluxi_descriptor_left(fd, known);
    return result;
}

int fluxi_call_fclose(FILE *file)
{
    int error = errno, fd = file ? fileno(file) : -1;
    errno = error;
    unsigned long known = fluxi_descriptor_leave(fd);
    int result = REAL(fclose)(file);
    fluxi_descriptor_left(fd, known);
    return result;
}

int fluxi_call_close_range(unsigned first, unsigned last, int flags)
{
    if (!((unsigned)flags & CLOSE_RANGE_CLOEXEC)) {
        long most = sysconf(_SC_OPEN_MAX);
        unsigned end = most > 0 && (unsigned long)most < last ? (unsigned)most : last;
        for (unsigned fd = first; fd <= end && fd <= INT_MAX; fd++)
            fluxi_descriptor_forget((int)fd);
    }
    return REAL(close_range)(first, last, flags);
}

/* A number that was closed behind our back, and is a new descriptor's now. */
static int made(int fd)
{
    if (fd >= 0)
        fluxi_descriptor_forget(fd);
    return fd;
}

/* A copy shares the flags of its original. */
static int copied(int from, int to)
{
    if (to >= 0 && to != from && fluxi_descriptor_lent(from))
        fluxi_descriptor_set_lent(to, true);
    return to;
}

int fluxi_call_socket(int domain, int type, int protocol)
{
    return made(REAL(socket)(domain, type, protocol));
}

static int made_both(int result, const int fds[2])
{
    if (result == 0) {
        made(fds[0]);
        made(fds[1]);
    }
    return result;
}

int fluxi_call_socketpair(int domain, int type, int protocol, int fds[2])
{
    return made_both(REAL(socketpair)(domain, type, protocol, fds), fds);
}

int fluxi_call_pipe(int fds[2])
{
    return made_both(REAL(pipe)(fds), fds);
}

int fluxi_call_pipe2(int fds[2], int flags)
{
    return made_both(REAL(pipe2)(fds, flags), fds);
}

int fluxi_call_dup(int fd)
{
    return copied(fd, made(REAL(dup)(fd)));
}

/* Closes `to`, unless it fails. */
static bool replaces(int from, int to)
{
    return from != to && REAL(fcntl)(from, F_GETFD) >= 0;
}

int fluxi_call_dup2(int from, int to)
{
    if (!replaces(from, to))
        return REAL(dup2)(from, to);
    unsigned long known = fluxi_descriptor_leave(to);
    int result = REAL(dup2)(from, to);
    fluxi_descriptor_left(to, known);
    return copied(from, result);
}

int fluxi_call_dup3(int from, int to, int flags)
{
    if (!replaces(from, to))
        return REAL(dup3)(from, to, flags);
    unsigned long known = fluxi_descriptor_leave(to);
    int result = REAL(dup3)(from, to, flags);
    fluxi_descriptor_left(to, known);
    return copied(from, result);
}

/* ---- settings -------------------------------------------------------------------------------- */

/* The user of a lent listener sees it blocking until he makes it non-blocking himself. */
static int set_flags(int fd, int flags)
{
    fluxi_descriptor_settings_changed();
    bool lent = fluxi_descriptor_lent(fd);
    if (lent && (flags & O_NONBLOCK))
        fluxi_descriptor_set_lent(fd, false);
    return REAL(fcntl)(fd, F_SETFL, lent ? flags | O_NONBLOCK : flags);
}

int fluxi_call_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *); /* as the library does, whatever it is */
    va_end(arguments);

    if (command == F_SETFL)
        return set_flags(fd, (int)(intptr_t)argument);
    int result = REAL(fcntl)(fd, command, argument);
    if (command == F_GETFL && result >= 0 && fluxi_descriptor_lent(fd))
        return result & ~O_NONBLOCK;
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return copied(fd, made(result));
    return result;
}

int fluxi_call_fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fluxi_call_fcntl(fd, command, argument);
}

int fluxi_call_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);

    if (request == FIONBIO) {
        fluxi_descriptor_settings_changed();
        if (fluxi_descriptor_lent(fd)) {
            if (*(const int *)argument != 0)
                fluxi_descriptor_set_lent(fd, false);
            return 0; /* it is non-blocking already, and stays so */
        }
    }
    return REAL(ioctl)(fd, request, argument);
}

int fluxi_call_setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
    int result = REAL(setsockopt)(fd, level, option, value, length);
    if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO))
        fluxi_descriptor_settings_changed();
    return result;
}

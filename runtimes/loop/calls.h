/* calls.h - the C library's blocking calls, as the runtime defines them.
 *
 * The program itself defines these symbols, so the dynamic linker binds to them whatever calls
 * them: nodes, and the shared libraries that nodes use. They act only while a flow runs on a loop's
 * thread; for everyone else they are the library's own. Each keeps the semantics of the call to the
 * letter, errno included, but for what it makes wait: the flow, not the thread.
 *
 * A call is a row of the table below and a definition `TYPE fluxi_call_NAME(PARAMETERS)`, which
 * gets the symbol NAME; REAL(NAME) is the library's. To intercept another call, add both.
 */
#ifndef FLUXI_CALLS_H
#define FLUXI_CALLS_H

#include "loop/loop.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

/* clang-format off */
#define FLUXI_CALLS(CALL)                                                                                   \
    /* calls_socket.c */                                                                                    \
    CALL(ssize_t, recv, (int fd, void *data, size_t size, int flags))                                       \
    CALL(ssize_t, recvfrom, (int fd, void *data, size_t size, int flags, struct sockaddr *address, socklen_t *length)) \
    CALL(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags))                                     \
    CALL(ssize_t, send, (int fd, const void *data, size_t size, int flags))                                 \
    CALL(ssize_t, sendto, (int fd, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length)) \
    CALL(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))                               \
    CALL(int, accept, (int fd, struct sockaddr *address, socklen_t *length))                                \
    CALL(int, accept4, (int fd, struct sockaddr *address, socklen_t *length, int flags))                    \
    CALL(int, connect, (int fd, const struct sockaddr *address, socklen_t length))                          \
    CALL(ssize_t, __recv_chk, (int fd, void *data, size_t size, size_t room, int flags))                    \
    CALL(ssize_t, __recvfrom_chk, (int fd, void *data, size_t size, size_t room, int flags, struct sockaddr *address, socklen_t *length)) \
    /* calls_file.c */                                                                                      \
    CALL(ssize_t, read, (int fd, void *data, size_t size))                                                  \
    CALL(ssize_t, write, (int fd, const void *data, size_t size))                                           \
    CALL(ssize_t, readv, (int fd, const struct iovec *parts, int count))                                    \
    CALL(ssize_t, writev, (int fd, const struct iovec *parts, int count))                                   \
    CALL(ssize_t, pread, (int fd, void *data, size_t size, off_t offset))                                   \
    CALL(ssize_t, pread64, (int fd, void *data, size_t size, off64_t offset))                               \
    CALL(int, fsync, (int fd))                                                                              \
    CALL(int, fdatasync, (int fd))                                                                          \
    CALL(ssize_t, sendfile, (int out, int in, off_t *offset, size_t size))                                  \
    CALL(ssize_t, sendfile64, (int out, int in, off64_t *offset, size_t size))                              \
    CALL(ssize_t, __read_chk, (int fd, void *data, size_t size, size_t room))                               \
    CALL(ssize_t, __pread_chk, (int fd, void *data, size_t size, off_t offset, size_t room))                \
    CALL(ssize_t, __pread64_chk, (int fd, void *data, size_t size, off64_t offset, size_t room))            \
    /* calls_poll.c */                                                                                      \
    CALL(int, poll, (struct pollfd *polls, nfds_t count, int timeout))                                      \
    CALL(int, ppoll, (struct pollfd *polls, nfds_t count, const struct timespec *timeout, const sigset_t *mask)) \
    CALL(int, select, (int count, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout))        \
    CALL(int, pselect, (int count, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout, const sigset_t *mask)) \
    CALL(int, __poll_chk, (struct pollfd *polls, nfds_t count, int timeout, size_t room))                   \
    CALL(int, __ppoll_chk, (struct pollfd *polls, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room)) \
    /* calls_sleep.c */                                                                                     \
    CALL(unsigned, sleep, (unsigned seconds))                                                               \
    CALL(int, usleep, (useconds_t microseconds))                                                            \
    CALL(int, nanosleep, (const struct timespec *wanted, struct timespec *left))                            \
    CALL(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left)) \
    /* calls_name.c */                                                                                      \
    CALL(int, getaddrinfo, (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found)) \
    CALL(int, getnameinfo, (const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size, char *service, socklen_t service_size, int flags)) \
    CALL(struct hostent *, gethostbyname, (const char *name))                                               \
    CALL(struct hostent *, gethostbyname2, (const char *name, int family))                                  \
    CALL(struct hostent *, gethostbyaddr, (const void *address, socklen_t length, int family))              \
    CALL(int, gethostbyname_r, (const char *name, struct hostent *host, char *buffer, size_t size, struct hostent **found, int *error)) \
    CALL(int, gethostbyname2_r, (const char *name, int family, struct hostent *host, char *buffer, size_t size, struct hostent **found, int *error)) \
    CALL(int, gethostbyaddr_r, (const void *address, socklen_t length, int family, struct hostent *host, char *buffer, size_t size, struct hostent **found, int *error)) \
    /* calls_descriptor.c */                                                                                \
    CALL(int, close, (int fd))                                                                              \
    CALL(int, fclose, (FILE *file))                                                                         \
    CALL(int, close_range, (unsigned first, unsigned last, int flags))                                      \
    CALL(int, dup, (int fd))                                                                                \
    CALL(int, dup2, (int from, int to))                                                                     \
    CALL(int, dup3, (int from, int to, int flags))                                                          \
    CALL(int, socket, (int domain, int type, int protocol))                                                 \
    CALL(int, socketpair, (int domain, int type, int protocol, int fds[2]))                                 \
    CALL(int, pipe, (int fds[2]))                                                                           \
    CALL(int, pipe2, (int fds[2], int flags))                                                               \
    CALL(int, fcntl, (int fd, int command, ...))                                                            \
    CALL(int, fcntl64, (int fd, int command, ...))                                                          \
    CALL(int, ioctl, (int fd, unsigned long request, ...))                                                  \
    CALL(int, setsockopt, (int fd, int level, int option, const void *value, socklen_t length))
/* clang-format on */

#define FLUXI_DECLARE(type, name, parameters) type fluxi_call_##name parameters __asm__(#name);
FLUXI_CALLS(FLUXI_DECLARE)

/* The library's own, found when the first of them is needed: calls come before main, too. */
struct fluxi_real {
#define FLUXI_MEMBER(type, name, parameters) type(*name) parameters;
    FLUXI_CALLS(FLUXI_MEMBER)
};
extern struct fluxi_real fluxi_real;
void fluxi_calls_find(void);
#define REAL(name) (*(fluxi_real.name ? (void)0 : fluxi_calls_find(), fluxi_real.name))

/* Logs if the symbols are not the program's own: then nodes block their loops. */
void fluxi_calls_verify(void);

/* A flow runs, and this is a loop's thread. */
static inline bool fluxi_calls_act(void)
{
    return fluxi_loop && fluxi_current;
}

/* Fails with an error. */
static inline int fluxi_fail(int error)
{
    errno = error;
    return -1;
}

/* What an intercepted call returns: a success leaves errno as it was before. */
static inline ssize_t fluxi_calls_return(int before, ssize_t result)
{
    if (result >= 0)
        errno = before;
    return result;
}

/* Waits for one descriptor on behalf of a call. 0: try again; else -1 and errno: EINTR, EBADF, or
 * ETIMEDOUT as `late`. */
int fluxi_calls_wait(int fd, uint32_t events, uint64_t until, int late);

/* The moment when a socket's time limit (SO_RCVTIMEO, SO_SNDTIMEO) is over; FLUXI_NEVER: none. */
uint64_t fluxi_calls_limit(int fd, int option);

/* What a call that may block knows once it has been told EAGAIN. */
struct patience {
    int fd;
    uint32_t events;
    int option; /* SO_RCVTIMEO, SO_SNDTIMEO; 0: the descriptor has no such limit */
    int late;   /* errno when the limit is over */
    bool asked;
    uint64_t until;
};
/* 0: try again; -1: errno says why not, EAGAIN for a descriptor whose user does not want to wait.
 */
int fluxi_calls_patience(struct patience *patience);

/* Makes a descriptor non-blocking for one call, where the kernel has no other way to say so: -1, or
 * the flags that fluxi_calls_restore, which keeps errno, is to give back to it. */
int fluxi_calls_unblock(int fd);
void fluxi_calls_restore(int fd, int flags);

/* Sockets, for read and write; -1 and ENOTSOCK for others. */
ssize_t fluxi_socket_receive(int fd, void *data, size_t size);
ssize_t fluxi_socket_send(int fd, const void *data, size_t size);
ssize_t fluxi_socket_receive_parts(int fd, const struct iovec *parts, int count);
ssize_t fluxi_socket_send_parts(int fd, const struct iovec *parts, int count);

/* The part of a list of buffers that comes after `skip` bytes. */
struct rest {
    const struct iovec *parts;
    int count;
    size_t skip;
    struct iovec window[8];
};
/* Where to go on: a list of *count buffers, perhaps not all that are left. */
const struct iovec *fluxi_rest(struct rest *rest, int *count);
void fluxi_rest_skip(struct rest *rest, size_t bytes);

void __chk_fail(void) __attribute__((noreturn));

#endif

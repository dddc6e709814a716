/* calls_socket.c - calls on sockets.
 *
 * Each is tried with MSG_DONTWAIT, which leaves the descriptor as its user knows it: a call that
 * bypasses this file merely blocks, instead of failing with EAGAIN. accept and connect have no such
 * flag. A listener is made non-blocking for good (its user does not notice, see
 * calls_descriptor.c), a connecting socket while connect is being called.
 */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#include <fcntl.h>
#include <sys/epoll.h>

/* Whether the library's own call does: it does not wait, or nobody else would have to wait. */
static bool passes(int flags)
{
    return !fluxi_calls_act() || (flags & MSG_DONTWAIT);
}

/* One transfer, of `data` or of `message`. */
struct transfer {
    int fd, flags;
    char *data;
    size_t size;
    struct sockaddr *address;
    socklen_t *length; /* receiving: of address */
    socklen_t given;   /* sending: of address */
    struct msghdr *message;
};

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static ssize_t receive_once(const struct transfer *transfer)
{
    int flags = transfer->flags | MSG_DONTWAIT;
    if (transfer->message)
        return REAL(recvmsg)(transfer->fd, transfer->message, flags);
    return REAL(recvfrom)(transfer->fd, transfer->data, transfer->size, flags, transfer->address,
                          transfer->length);
}

/* Flags with which the call either never waits or waits for more than a first byte. */
#define UNUSUAL (MSG_ERRQUEUE | MSG_OOB | MSG_WAITALL)

struct receive_job {
    struct job job;
    const struct transfer *transfer;
    ssize_t result;
};

static void receive_on_helper(struct job *job)
{
    struct receive_job *receive = FLUXI_CONTAINER(job, struct receive_job, job);
    const struct transfer *transfer = receive->transfer;
    receive->result =
        transfer->message
            ? REAL(recvmsg)(transfer->fd, transfer->message, transfer->flags)
            : REAL(recv)(transfer->fd, transfer->data, transfer->size, transfer->flags);
}

static ssize_t receive(struct transfer *transfer)
{
    struct patience patience = {
        .fd = transfer->fd, .events = EPOLLIN, .option = SO_RCVTIMEO, .late = EAGAIN};
    for (;;) {
        ssize_t got = receive_once(transfer);
        if (got >= 0 || errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return got >= 0 ? got : -1;
    }
}

/* MSG_WAITALL: the whole of `size`, unless the peer ends, an error or the time limit intervenes. */
static ssize_t receive_all(struct transfer *transfer)
{
    struct patience patience = {
        .fd = transfer->fd, .events = EPOLLIN, .option = SO_RCVTIMEO, .late = EAGAIN};
    size_t total = 0;
    do {
        struct transfer rest = *transfer;
        rest.data += total;
        rest.size -= total;
        if (total > 0) /* whose address is told already, and *length may be more than its room */
            rest.address = NULL, rest.length = NULL;
        ssize_t got = receive_once(&rest);
        if (got > 0)
            total += (size_t)got;
        else if (got == 0)
            break;
        else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return total > 0 ? (ssize_t)total : -1;
    } while (total < transfer->size);
    return (ssize_t)total;
}

static ssize_t receive_unusual(struct transfer *transfer)
{
    if (transfer->flags & (MSG_ERRQUEUE | MSG_OOB))
        return receive_once(transfer); /* none of these waits */
    if (!is_stream(transfer->fd))
        return receive(transfer); /* MSG_WAITALL means nothing to a datagram */
    if (!transfer->message && !(transfer->flags & MSG_PEEK))
        return receive_all(transfer);
    struct receive_job receive = {.job.run = receive_on_helper, .transfer = transfer};
    fluxi_helper_run(&receive.job);
    return receive.result;
}

static ssize_t receive_any(struct transfer *transfer)
{
    int before = errno;
    return fluxi_calls_return(before, transfer->flags & UNUSUAL ? receive_unusual(transfer)
                                                                : receive(transfer));
}

ssize_t fluxi_call_recv(int fd, void *data, size_t size, int flags)
{
    if (passes(flags))
        return REAL(recv)(fd, data, size, flags);
    return receive_any(&(struct transfer){.fd = fd, .flags = flags, .data = data, .size = size});
}

ssize_t fluxi_call_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *address,
                            socklen_t *length)
{
    if (passes(flags))
        return REAL(recvfrom)(fd, data, size, flags, address, length);
    return receive_any(&(struct transfer){.fd = fd,
                                          .flags = flags,
                                          .data = data,
                                          .size = size,
                                          .address = address,
                                          .length = length});
}

ssize_t fluxi_call_recvmsg(int fd, struct msghdr *message, int flags)
{
    if (passes(flags) || !message)
        return REAL(recvmsg)(fd, message, flags);
    return receive_any(&(struct transfer){.fd = fd, .flags = flags, .message = message});
}

ssize_t fluxi_call___recv_chk(int fd, void *data, size_t size, size_t room, int flags)
{
    if (size > room)
        __chk_fail();
    return fluxi_call_recv(fd, data, size, flags);
}

ssize_t fluxi_call___recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags,
                                  struct sockaddr *address, socklen_t *length)
{
    if (size > room)
        __chk_fail();
    return fluxi_call_recvfrom(fd, data, size, flags, address, length);
}

ssize_t fluxi_socket_receive(int fd, void *data, size_t size)
{
    return receive(&(struct transfer){.fd = fd, .data = data, .size = size});
}

ssize_t fluxi_socket_receive_parts(int fd, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    return receive(&(struct transfer){.fd = fd, .message = &message});
}

/* ---- sending --------------------------------------------------------------------------------- */

/* A blocking send returns when all has been taken. Datagrams are taken whole or not at all, so a
 * partial success means a stream, and what accompanies a message has gone with its first part. */
static ssize_t send_data(const struct transfer *transfer)
{
    struct patience patience = {
        .fd = transfer->fd, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EAGAIN};
    size_t total = 0;
    for (;;) {
        ssize_t sent =
            REAL(sendto)(transfer->fd, transfer->data + total, transfer->size - total,
                         transfer->flags | MSG_DONTWAIT, transfer->address, transfer->given);
        if (sent >= 0) {
            total += (size_t)sent;
            if (total >= transfer->size)
                return (ssize_t)total;
        } else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0) {
            return total > 0 ? (ssize_t)total : -1;
        }
    }
}

static ssize_t send_message(int fd, const struct msghdr *message, int flags)
{
    struct patience patience = {
        .fd = fd, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EAGAIN};
    struct rest rest = {.parts = NULL};
    struct msghdr part;
    size_t total = 0, size = 0;
    for (;;) {
        ssize_t sent = REAL(sendmsg)(fd, total == 0 ? message : &part, flags | MSG_DONTWAIT);
        if (sent >= 0) {
            if (total == 0) { /* what the kernel could read may be looked at */
                part = *message;
                rest = (struct rest){.parts = part.msg_iov, .count = (int)part.msg_iovlen};
                for (size_t i = 0; i < part.msg_iovlen; i++)
                    size += part.msg_iov[i].iov_len;
            }
            total += (size_t)sent;
            if (total >= size)
                return (ssize_t)total;
            int count;
            fluxi_rest_skip(&rest, (size_t)sent);
            part.msg_iov = (struct iovec *)(uintptr_t)fluxi_rest(&rest, &count);
            part.msg_iovlen = (size_t)count;
            part.msg_control = NULL;
            part.msg_controllen = 0;
        } else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0) {
            return total > 0 ? (ssize_t)total : -1;
        }
    }
}

ssize_t fluxi_call_send(int fd, const void *data, size_t size, int flags)
{
    if (passes(flags))
        return REAL(send)(fd, data, size, flags);
    return fluxi_call_sendto(fd, data, size, flags, NULL, 0);
}

ssize_t fluxi_call_sendto(int fd, const void *data, size_t size, int flags,
                          const struct sockaddr *address, socklen_t length)
{
    if (passes(flags))
        return REAL(sendto)(fd, data, size, flags, address, length);
    struct transfer transfer = {.fd = fd,
                                .flags = flags,
                                .data = (char *)(uintptr_t)data,
                                .size = size,
                                .address = (struct sockaddr *)(uintptr_t)address,
                                .given = length};
    int before = errno;
    return fluxi_calls_return(before, send_data(&transfer));
}

ssize_t fluxi_call_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (passes(flags))
        return REAL(sendmsg)(fd, message, flags);
    int before = errno;
    return fluxi_calls_return(before, send_message(fd, message, flags));
}

ssize_t fluxi_socket_send(int fd, const void *data, size_t size)
{
    return send_data(&(struct transfer){.fd = fd, .data = (char *)(uintptr_t)data, .size = size});
}

ssize_t fluxi_socket_send_parts(int fd, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    return send_message(fd, &message, 0);
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* Makes a listener non-blocking unless it is: of several that see a connection come, one gets it,
 * and the others must not block their loops. */
static bool lend(int fd)
{
    if (fluxi_descriptor_lent(fd))
        return true;
    int flags = REAL(fcntl)(fd, F_GETFL);
    int listens = 0;
    socklen_t length = sizeof listens;
    if (flags < 0 || (flags & O_NONBLOCK) ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || !listens)
        return true; /* accept() itself will say what is wrong, and not wait */
    if (!fluxi_descriptor_set_lent(fd, true))
        return false;
    REAL(fcntl)(fd, F_SETFL, flags | O_NONBLOCK);
    return true;
}

static int accept_flow(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    struct patience patience = {.fd = fd, .events = EPOLLIN, .option = SO_RCVTIMEO, .late = EAGAIN};
    if (!lend(fd))
        return fluxi_fail(ENOMEM);
    for (;;) {
        int accepted = REAL(accept4)(fd, address, length, flags);
        if (accepted >= 0)
            fluxi_descriptor_forget(accepted);
        if (accepted >= 0 || errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return accepted;
    }
}

/* For threads that are no loops, a listener that was lent still blocks. */
static int accept_thread(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    uint64_t until = 0;
    for (;;) {
        int accepted = REAL(accept4)(fd, address, length, flags);
        if (accepted >= 0)
            fluxi_descriptor_forget(accepted);
        if (accepted >= 0 || errno != EAGAIN || !fluxi_descriptor_lent(fd))
            return accepted;
        if (until == 0)
            until = fluxi_calls_limit(fd, SO_RCVTIMEO);
        uint64_t now = flux_now(), rest = until > now ? until - now : 0;
        struct timespec pause = {(time_t)(rest / 1000000000), (long)(rest % 1000000000)};
        struct pollfd poll = {.fd = fd, .events = POLLIN};
        int found = REAL(ppoll)(&poll, 1, until == FLUXI_NEVER ? NULL : &pause, NULL);
        if (found <= 0)
            return found < 0 ? -1 : fluxi_fail(EAGAIN);
    }
}

int fluxi_call_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    int before = errno;
    return (int)fluxi_calls_return(before, fluxi_calls_act()
                                               ? accept_flow(fd, address, length, flags)
                                               : accept_thread(fd, address, length, flags));
}

int fluxi_call_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return fluxi_call_accept4(fd, address, length, 0);
}

static int connect_once(int fd, const struct sockaddr *address, socklen_t length)
{
    int flags = fluxi_calls_unblock(fd);
    int result = REAL(connect)(fd, address, length);
    fluxi_calls_restore(fd, flags);
    return result;
}

#define RETRY_FIRST 1000000u  /* ns */
#define RETRY_MOST  50000000u /* ns */

/* A local listener's queue is full, which cannot be polled. No helper waits for room: a peer that
 * has stopped accepting would soon hold them all. */
static int connect_when_there_is_room(int fd, const struct sockaddr *address, socklen_t length)
{
    uint64_t limit = fluxi_calls_limit(fd, SO_SNDTIMEO);
    for (uint64_t pause = RETRY_FIRST;; pause = pause < RETRY_MOST / 2 ? 2 * pause : RETRY_MOST) {
        uint64_t until = flux_now() + pause;
        if (fluxi_block(NULL, 0, until < limit ? until : limit) == EINTR)
            return fluxi_fail(EINTR);
        int result = connect_once(fd, address, length);
        if (result == 0 || errno != EAGAIN || flux_now() >= limit)
            return result;
    }
}

static int connect_flow(int fd, const struct sockaddr *address, socklen_t length)
{
    struct patience patience = {
        .fd = fd, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EINPROGRESS};
    int flags = REAL(fcntl)(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK))
        return REAL(connect)(fd, address, length);
    int result = connect_once(fd, address, length);
    if (result != 0 && errno == EAGAIN && address->sa_family == AF_UNIX)
        return connect_when_there_is_room(fd, address, length);
    while (result != 0 && (errno == EINPROGRESS || errno == EALREADY)) {
        if (fluxi_calls_patience(&patience) != 0)
            return -1;
        /* Once more, for the outcome; the kernel keeps one for whoever has begun. */
        result = connect_once(fd, address, length);
        if (result != 0 && errno == EISCONN)
            return 0; /* which another flow has had */
    }
    return result;
}

int fluxi_call_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (!fluxi_calls_act())
        return REAL(connect)(fd, address, length);
    int before = errno;
    return (int)fluxi_calls_return(before, connect_flow(fd, address, length));
}

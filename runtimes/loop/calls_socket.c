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
#define UNUSUAL (MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB | MSG_WAITALL)

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
    while (total < transfer->size) {
        struct transfer rest = *transfer;
        rest.data += total;
        rest.size -= total;
        ssize_t got = receive_once(&rest);
        if (got > 0)
            total += (size_t)got;
        else if (got == 0)
            break;
        else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return total > 0 ? (ssize_t)total : -1;
    }
    return (ssize_t)total;
}

static ssize_t receive_unusual(struct transfer *transfer)
{
    if (transfer->flags & (MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB))
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
    if (!fluxi_calls_act())
        return REAL(recv)(fd, data, size, flags);
    return receive_any(&(struct transfer){.fd = fd, .flags = flags, .data = data, .size = size});
}

ssize_t fluxi_call_recvfrom(int fd, void *data, size_t size, int flags, struct sockaddr *address,
                            socklen_t *length)
{
    if (!fluxi_calls_act())
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
    if (!fluxi_calls_act())
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
            if (total >= transfer->size || (transfer->flags & MSG_DONTWAIT))
                return (ssize_t)total;
        } else if (errno != EAGAIN || (transfer->flags & MSG_DONTWAIT) ||
                   fluxi_calls_patience(&patience) != 0) {
            return total > 0 ? (ssize_t)total : -1;
        }
    }
}

static ssize_t send_message(int fd, const struct msghdr *message, int flags)
{
    struct patience patience = {
        .fd = fd, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EAGAIN};
    struct rest rest = {.parts = message->msg_iov, .count = (int)message->msg_iovlen};
    size_t total = 0, size = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        size += message->msg_iov[i].iov_len;
    struct msghdr part = *message;
    for (;;) {
        ssize_t sent = REAL(sendmsg)(fd, &part, flags | MSG_DONTWAIT);
        if (sent >= 0) {
            total += (size_t)sent;
            if (total >= size || (flags & MSG_DONTWAIT))
                return (ssize_t)total;
            int count;
            fluxi_rest_skip(&rest, (size_t)sent);
            part.msg_iov = (struct iovec *)(uintptr_t)fluxi_rest(&rest, &count);
            part.msg_iovlen = (size_t)count;
            part.msg_control = NULL;
            part.msg_controllen = 0;
        } else if (errno != EAGAIN || (flags & MSG_DONTWAIT) ||
                   fluxi_calls_patience(&patience) != 0) {
            return total > 0 ? (ssize_t)total : -1;
        }
    }
}

ssize_t fluxi_call_send(int fd, const void *data, size_t size, int flags)
{
    if (!fluxi_calls_act())
        return REAL(send)(fd, data, size, flags);
    return fluxi_call_sendto(fd, data, size, flags, NULL, 0);
}

ssize_t fluxi_call_sendto(int fd, const void *data, size_t size, int flags,
                          const struct sockaddr *address, socklen_t length)
{
    if (!fluxi_calls_act())
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
    if (!fluxi_calls_act())
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
    if (flags < 0 || (flags & O_NONBLOCK))
        return true;
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
    for (;;) {
        int accepted = REAL(accept4)(fd, address, length, flags);
        if (accepted >= 0)
            fluxi_descriptor_forget(accepted);
        if (accepted >= 0 || errno != EAGAIN || !fluxi_descriptor_lent(fd))
            return accepted;
        struct pollfd poll = {.fd = fd, .events = POLLIN};
        if (REAL(poll)(&poll, 1, -1) < 0)
            return -1;
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

struct connect_job {
    struct job job;
    int fd;
    const struct sockaddr *address;
    socklen_t length;
    int result;
};

static void connect_on_helper(struct job *job)
{
    struct connect_job *connect = FLUXI_CONTAINER(job, struct connect_job, job);
    connect->result = REAL(connect)(connect->fd, connect->address, connect->length);
}

static int connect_flow(int fd, const struct sockaddr *address, socklen_t length)
{
    int flags = REAL(fcntl)(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK))
        return REAL(connect)(fd, address, length);
    REAL(fcntl)(fd, F_SETFL, flags | O_NONBLOCK);
    int result = REAL(connect)(fd, address, length);
    int error = errno;
    REAL(fcntl)(fd, F_SETFL, flags);
    if (result == 0)
        return 0;
    if (error == EAGAIN) { /* a local socket whose listener's queue is full: not to be polled */
        struct connect_job connect = {
            .job.run = connect_on_helper, .fd = fd, .address = address, .length = length};
        fluxi_helper_run(&connect.job);
        return connect.result;
    }
    if (error != EINPROGRESS && error != EALREADY)
        return fluxi_fail(error);
    struct patience patience = {
        .fd = fd, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EINPROGRESS};
    if (fluxi_calls_patience(&patience) != 0)
        return -1;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    return error ? fluxi_fail(error) : 0;
}

int fluxi_call_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    if (!fluxi_calls_act())
        return REAL(connect)(fd, address, length);
    int before = errno;
    return (int)fluxi_calls_return(before, connect_flow(fd, address, length));
}

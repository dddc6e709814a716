/* calls_file.c - read and write, whatever the descriptor is.
 *
 * A socket is the likeliest, so it is tried as one first; what it is instead is remembered. Reading
 * a file asks the page cache (RWF_NOWAIT) and goes to a helper thread only for what is not in
 * memory. Pipes, terminals and the like are read and written without waiting where the kernel can
 * do that (pipes since Linux 6.4). Else they are read when poll says so, and made non-blocking
 * while they are being written to; a pipe takes a little at a time.
 */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define POSITION (-1) /* as an offset: where the descriptor stands */

static enum fluxi_kind find_kind(int fd)
{
    struct stat status;
    enum fluxi_kind kind = FLUXI_DIRECT;
    if (fstat(fd, &status) == 0) {
        if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))
            kind = FLUXI_FILE;
        else if (!S_ISDIR(status.st_mode))
            kind = FLUXI_STREAM;
        fluxi_descriptor_set_kind(fluxi_loop, fd, kind);
    }
    return kind; /* of one that is not open: the call itself will say so */
}

/* The kernel cannot do this kind of thing without waiting. */
static bool not_supported(int error)
{
    return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A read that takes as long as the disk does. */
struct read_job {
    struct job job;
    int fd;
    const struct iovec *parts;
    int count;
    off_t offset;
    ssize_t result;
};

static void read_on_helper(struct job *job)
{
    struct read_job *read = FLUXI_CONTAINER(job, struct read_job, job);
    read->result = read->offset == POSITION
                       ? REAL(readv)(read->fd, read->parts, read->count)
                       : preadv(read->fd, read->parts, read->count, read->offset);
}

static ssize_t read_disk(int fd, const struct iovec *parts, int count, off_t offset)
{
    struct read_job read = {
        .job.run = read_on_helper, .fd = fd, .parts = parts, .count = count, .offset = offset};
    fluxi_helper_run(&read.job);
    return read.result;
}

static ssize_t read_direct(int fd, const struct iovec *parts, int count, off_t offset)
{
    return offset == POSITION ? REAL(readv)(fd, parts, count) : preadv(fd, parts, count, offset);
}

/* What is in the page cache, then the rest from the disk: a short read means the end of the file.
 */
static ssize_t read_file(int fd, const struct iovec *parts, int count, off_t offset)
{
    struct rest rest = {.parts = parts, .count = count};
    size_t total = 0, size = size_of(parts, count);
    while (total < size) {
        int left;
        const struct iovec *to = fluxi_rest(&rest, &left);
        off_t from = offset == POSITION ? POSITION : offset + (off_t)total;
        ssize_t got = preadv2(fd, to, left, from, RWF_NOWAIT);
        if (got < 0 && errno == EAGAIN)
            got = read_disk(fd, to, left, from);
        if (got < 0 && total == 0 && not_supported(errno)) {
            fluxi_descriptor_set_kind(fluxi_loop, fd, FLUXI_DIRECT);
            return read_direct(fd, parts, count, offset);
        }
        if (got < 0)
            return total > 0 ? (ssize_t)total : -1;
        if (got == 0)
            break;
        total += (size_t)got;
        fluxi_rest_skip(&rest, (size_t)got);
    }
    return (ssize_t)total;
}

/* ---- streams --------------------------------------------------------------------------------- */

static bool is_ready(int fd, short events)
{
    struct pollfd poll = {.fd = fd, .events = events};
    return REAL(poll)(&poll, 1, 0) != 0;
}

static ssize_t read_stream(int fd, const struct iovec *parts, int count)
{
    struct patience patience = {.fd = fd, .events = EPOLLIN};
    for (;;) {
        ssize_t got = preadv2(fd, parts, count, POSITION, RWF_NOWAIT);
        if (got < 0 && not_supported(errno)) {
            if (is_ready(fd, POLLIN))
                return REAL(readv)(fd, parts, count);
            errno = EAGAIN;
        }
        if (got >= 0 || errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return got;
    }
}

/* Of a pipe poll promises room for PIPE_BUF bytes, no more. */
static ssize_t write_a_little(int fd, const struct iovec *parts, int count)
{
    if (!is_ready(fd, POLLOUT))
        return fluxi_fail(EAGAIN);
    if (size_of(parts, count) <= PIPE_BUF)
        return REAL(writev)(fd, parts, count);
    return REAL(write)(fd, parts->iov_base, parts->iov_len < PIPE_BUF ? parts->iov_len : PIPE_BUF);
}

/* Terminals promise less than pipes, and what can never be written to, such as a timer, says so to
 * nobody but a writer. */
static ssize_t write_at_once(int fd, const struct iovec *parts, int count)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
        return write_a_little(fd, parts, count);
    int flags = fluxi_calls_unblock(fd);
    ssize_t sent = REAL(writev)(fd, parts, count);
    fluxi_calls_restore(fd, flags);
    return sent;
}

static ssize_t write_stream(int fd, const struct iovec *parts, int count)
{
    struct patience patience = {.fd = fd, .events = EPOLLOUT};
    struct rest rest = {.parts = parts, .count = count};
    size_t total = 0, size = size_of(parts, count);
    for (;;) {
        int left;
        const struct iovec *from = fluxi_rest(&rest, &left);
        ssize_t sent = pwritev2(fd, from, left, POSITION, RWF_NOWAIT);
        if (sent < 0 && not_supported(errno))
            sent = write_at_once(fd, from, left);
        if (sent >= 0) {
            total += (size_t)sent;
            if (total >= size)
                return (ssize_t)total;
            fluxi_rest_skip(&rest, (size_t)sent);
        } else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0) {
            return total > 0 ? (ssize_t)total : -1;
        }
    }
}

/* ---- read and write -------------------------------------------------------------------------- */

static ssize_t read_other(int fd, const struct iovec *parts, int count, enum fluxi_kind kind)
{
    if (kind == FLUXI_UNKNOWN)
        kind = find_kind(fd);
    switch (kind) {
    case FLUXI_FILE:
        return read_file(fd, parts, count, POSITION);
    case FLUXI_STREAM:
        return read_stream(fd, parts, count);
    default:
        return REAL(readv)(fd, parts, count);
    }
}

static ssize_t write_other(int fd, const struct iovec *parts, int count, enum fluxi_kind kind)
{
    if (kind == FLUXI_UNKNOWN)
        kind = find_kind(fd);
    return kind == FLUXI_STREAM ? write_stream(fd, parts, count) : REAL(writev)(fd, parts, count);
}

static ssize_t read_any(int fd, const struct iovec *parts, int count)
{
    enum fluxi_kind kind = fluxi_descriptor_kind(fluxi_loop, fd);
    if (kind == FLUXI_UNKNOWN) {
        ssize_t got = count == 1 ? fluxi_socket_receive(fd, parts->iov_base, parts->iov_len)
                                 : fluxi_socket_receive_parts(fd, parts, count);
        if (got >= 0 || errno != ENOTSOCK)
            return got;
    }
    return read_other(fd, parts, count, kind);
}

static ssize_t write_any(int fd, const struct iovec *parts, int count)
{
    enum fluxi_kind kind = fluxi_descriptor_kind(fluxi_loop, fd);
    if (kind == FLUXI_UNKNOWN) {
        ssize_t sent = count == 1 ? fluxi_socket_send(fd, parts->iov_base, parts->iov_len)
                                  : fluxi_socket_send_parts(fd, parts, count);
        if (sent >= 0 || errno != ENOTSOCK)
            return sent;
    }
    return write_other(fd, parts, count, kind);
}

ssize_t fluxi_call_read(int fd, void *data, size_t size)
{
    if (!fluxi_calls_act() || size == 0)
        return REAL(read)(fd, data, size);
    int before = errno;
    return fluxi_calls_return(before, read_any(fd, &(struct iovec){data, size}, 1));
}

ssize_t fluxi_call_write(int fd, const void *data, size_t size)
{
    if (!fluxi_calls_act() || size == 0)
        return REAL(write)(fd, data, size);
    int before = errno;
    struct iovec part = {(void *)(uintptr_t)data, size};
    return fluxi_calls_return(before, write_any(fd, &part, 1));
}

/* Nothing to do, or too much: the library knows what to say. */
static bool is_trivial(const struct iovec *parts, int count)
{
    return count <= 0 || count > IOV_MAX || size_of(parts, count) == 0;
}

ssize_t fluxi_call_readv(int fd, const struct iovec *parts, int count)
{
    if (!fluxi_calls_act() || is_trivial(parts, count))
        return REAL(readv)(fd, parts, count);
    int before = errno;
    return fluxi_calls_return(before, read_any(fd, parts, count));
}

ssize_t fluxi_call_writev(int fd, const struct iovec *parts, int count)
{
    if (!fluxi_calls_act() || is_trivial(parts, count))
        return REAL(writev)(fd, parts, count);
    int before = errno;
    return fluxi_calls_return(before, write_any(fd, parts, count));
}

ssize_t fluxi_call___read_chk(int fd, void *data, size_t size, size_t room)
{
    if (size > room)
        __chk_fail();
    return fluxi_call_read(fd, data, size);
}

/* ---- files at an offset ---------------------------------------------------------------------- */

ssize_t fluxi_call_pread(int fd, void *data, size_t size, off_t offset)
{
    if (!fluxi_calls_act() || size == 0 || offset < 0)
        return REAL(pread)(fd, data, size, offset);
    int before = errno;
    enum fluxi_kind kind = fluxi_descriptor_kind(fluxi_loop, fd);
    if (kind == FLUXI_UNKNOWN)
        kind = find_kind(fd);
    ssize_t got = kind == FLUXI_FILE ? read_file(fd, &(struct iovec){data, size}, 1, offset)
                                     : REAL(pread)(fd, data, size, offset);
    return fluxi_calls_return(before, got);
}

ssize_t fluxi_call_pread64(int fd, void *data, size_t size, off64_t offset)
{
    return fluxi_call_pread(fd, data, size, (off_t)offset);
}

ssize_t fluxi_call___pread_chk(int fd, void *data, size_t size, off_t offset, size_t room)
{
    if (size > room)
        __chk_fail();
    return fluxi_call_pread(fd, data, size, offset);
}

ssize_t fluxi_call___pread64_chk(int fd, void *data, size_t size, off64_t offset, size_t room)
{
    return fluxi_call___pread_chk(fd, data, size, (off_t)offset, room);
}

struct sync_job {
    struct job job;
    int (*sync)(int fd);
    int fd, result;
};

static void sync_on_helper(struct job *job)
{
    struct sync_job *sync = FLUXI_CONTAINER(job, struct sync_job, job);
    sync->result = sync->sync(sync->fd);
}

static int sync_flow(int (*how)(int fd), int fd)
{
    if (!fluxi_calls_act())
        return how(fd);
    struct sync_job sync = {.job.run = sync_on_helper, .sync = how, .fd = fd};
    fluxi_helper_run(&sync.job);
    return sync.result;
}

int fluxi_call_fsync(int fd)
{
    return sync_flow(REAL(fsync), fd);
}

int fluxi_call_fdatasync(int fd)
{
    return sync_flow(REAL(fdatasync), fd);
}

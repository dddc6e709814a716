/* calls_sendfile.c - sendfile, which may wait for both its ends. It goes in pieces: a piece that is
 * not in the page cache is read by a helper thread first; the target is made non-blocking while a
 * piece is being sent. */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define PIECE  ((size_t)1 << 20)
#define STRIDE ((size_t)128 << 10) /* what the kernel reads ahead at a time */

static bool byte_cached(int fd, off_t offset)
{
    char byte;
    struct iovec part = {&byte, 1};
    return preadv2(fd, &part, 1, offset, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

/* As far as samples tell. (cachestat would know, but tells only who owns the file.) */
static bool piece_cached(int fd, off_t offset, size_t size)
{
    for (size_t at = 0; at < size; at += STRIDE)
        if (!byte_cached(fd, offset + (off_t)at))
            return false;
    return byte_cached(fd, offset + (off_t)size - 1);
}

struct warm_job {
    struct job job;
    int fd;
    off_t offset;
    size_t size;
};

/* Reads a piece for the page cache's sake. Without memory sendfile itself will wait for the disk.
 */
static void warm_on_helper(struct job *job)
{
    struct warm_job *warm = FLUXI_CONTAINER(job, struct warm_job, job);
    char *scratch = malloc(STRIDE);
    ssize_t got = 1;
    for (size_t done = 0; scratch && done < warm->size && got > 0; done += (size_t)got) {
        size_t left = warm->size - done;
        got = REAL(pread)(warm->fd, scratch, left < STRIDE ? left : STRIDE,
                          warm->offset + (off_t)done);
    }
    free(scratch);
}

static void warm(int fd, off_t offset, size_t size)
{
    if (piece_cached(fd, offset, size))
        return;
    struct warm_job job = {.job.run = warm_on_helper, .fd = fd, .offset = offset, .size = size};
    fluxi_helper_run(&job.job);
}

static ssize_t send_piece(int out, int in, off64_t *offset, size_t size)
{
    off_t from = offset ? (off_t)*offset : lseek(in, 0, SEEK_CUR);
    if (from >= 0)
        warm(in, from, size);
    int flags = fluxi_calls_unblock(out);
    ssize_t sent = REAL(sendfile64)(out, in, offset, size);
    fluxi_calls_restore(out, flags);
    return sent;
}

static ssize_t sendfile_flow(int out, int in, off64_t *offset, size_t size)
{
    struct patience patience = {
        .fd = out, .events = EPOLLOUT, .option = SO_SNDTIMEO, .late = EAGAIN};
    size_t total = 0;
    while (total < size) {
        ssize_t sent = send_piece(out, in, offset, size - total < PIECE ? size - total : PIECE);
        if (sent == 0)
            break; /* the end of the file */
        if (sent > 0)
            total += (size_t)sent;
        else if (errno != EAGAIN || fluxi_calls_patience(&patience) != 0)
            return total > 0 ? (ssize_t)total : -1;
    }
    return (ssize_t)total;
}

ssize_t fluxi_call_sendfile64(int out, int in, off64_t *offset, size_t size)
{
    if (!fluxi_calls_act() || size == 0)
        return REAL(sendfile64)(out, in, offset, size);
    int before = errno;
    return fluxi_calls_return(before, sendfile_flow(out, in, offset, size));
}

ssize_t fluxi_call_sendfile(int out, int in, off_t *offset, size_t size)
{
    _Static_assert(sizeof(off_t) == sizeof(off64_t), "one call for both");
    return fluxi_call_sendfile64(out, in, (off64_t *)offset, size);
}

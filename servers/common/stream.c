#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONGEST ((uint64_t)1 << 30) /* what sendfile can count */

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

int stream_receive(struct stream *stream, void *buffer, size_t room, size_t *got)
{
    if (stream->tls != NULL)
        return stream->tls->calls->receive(stream, buffer, room, got);
    ssize_t count;
    *got = 0;
    do
        count = recv(stream->socket, buffer, room, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        *got = (size_t)count;
    if (count == 0)
        return ECONNRESET;
    return count > 0 || would_block(errno) ? 0 : errno;
}

bool stream_holds_input(const struct stream *stream)
{
    return stream->tls != NULL && stream->tls->calls->holds_input(stream);
}

int stream_send(struct stream *stream, const struct iovec *parts, size_t count, bool more,
                size_t *sent)
{
    if (stream->tls != NULL)
        return stream->tls->calls->send(stream, parts, count, more, sent);
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count};
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    ssize_t done;
    *sent = 0;
    do
        done = sendmsg(stream->socket, &message, flags);
    while (done < 0 && errno == EINTR);
    if (done >= 0)
        *sent = (size_t)done;
    return done >= 0 || would_block(errno) ? 0 : errno;
}

int stream_send_file(struct stream *stream, int file, uint64_t offset, uint64_t length, bool more,
                     size_t *sent)
{
    if (stream->tls != NULL)
        return stream->tls->calls->send_file(stream, file, offset, length, more, sent);
    off_t from = (off_t)offset;
    ssize_t done;
    *sent = 0;
    do
        done = sendfile(stream->socket, file, &from, length < LONGEST ? length : LONGEST);
    while (done < 0 && errno == EINTR);
    if (done > 0)
        *sent = (size_t)done;
    if (done == 0)
        return EIO;
    return done > 0 || would_block(errno) ? 0 : errno;
}

void stream_shut(struct stream *stream)
{
    if (stream->tls != NULL)
        stream->tls->calls->shut(stream);
    shutdown(stream->socket, SHUT_WR);
}

void stream_close(struct stream *stream)
{
    if (stream->tls != NULL)
        stream->tls->calls->free(stream);
    close(stream->socket);
    stream->socket = -1;
}

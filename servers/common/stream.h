/* stream.h - the bytes of a connection, in the clear or under TLS.
 *
 * Nothing here waits. Functions return 0, or an error number: ECONNRESET where the peer has gone,
 * EPROTO where it breaks the rules of TLS. Where nothing could be done at once they return 0 with a
 * count of 0, and the caller waits: to receive until the socket is readable, to send until it is
 * writable. Under TLS there may be something to send before more can be received: `choked`. The
 * socket has to be non-blocking.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct stream_tls;

/* How every session of TLS begins; the rest is tls_session.c's. */
struct tls_session {
    const struct stream_tls *calls;
};

struct stream {
    int socket;
    bool choked;             /* the last stream_receive goes on once the socket is writable */
    bool shaking;            /* a handshake of TLS has begun and is not over */
    bool last;               /* set by the caller: after what has no `more` nothing is sent */
    struct tls_session *tls; /* NULL: in the clear */
};

/* Takes what has arrived: *got bytes, 0 where there is nothing yet. ECONNRESET at the end, too.
 * EPROTOTYPE where a client speaks HTTP in the clear to a server of TLS: from then on the stream is
 * in the clear, and the client can be told. */
int stream_receive(struct stream *stream, void *buffer, size_t room, size_t *got);

/* Bytes that have been received and are not in the socket any more, so that no await would tell of
 * them. */
bool stream_holds_input(const struct stream *stream);

/* Sends as much of the parts as goes at once: *sent bytes. more: further bytes follow soon. Who did
 * not get rid of all goes on with the bytes that come next, and not with fewer of them. ENOTCONN
 * where TLS has not got so far: a client is heard before it is answered. */
int stream_send(struct stream *stream, const struct iovec *parts, size_t count, bool more,
                size_t *sent);

/* Sends of a file from `offset` on; *sent bytes. EIO where the file ends before `length`. more: as
 * above. */
int stream_send_file(struct stream *stream, int file, uint64_t offset, uint64_t length, bool more,
                     size_t *sent);

/* Says that nothing more will be sent; what the peer sends can still be received. */
void stream_shut(struct stream *stream);

/* Closes the socket and frees what belongs to it. */
void stream_close(struct stream *stream);

/* What these functions do under TLS. stream.c knows of TLS by this table alone, so that servers
 * without it are not linked with OpenSSL. */
struct stream_tls {
    int (*receive)(struct stream *stream, void *buffer, size_t room, size_t *got);
    bool (*holds_input)(const struct stream *stream);
    int (*send)(struct stream *stream, const struct iovec *parts, size_t count, bool more,
                size_t *sent);
    int (*send_file)(struct stream *stream, int file, uint64_t offset, uint64_t length, bool more,
                     size_t *sent);
    void (*shut)(struct stream *stream); /* says so to the peer, and leaves the socket alone */
    void (*free)(struct stream *stream);
};

#endif

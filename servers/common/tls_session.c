/* OpenSSL reaches the socket by a BIO of our own: its usual one calls read and write, which wait
 * where the socket does, and would need a way back for the error number. Ours also gathers what
 * OpenSSL writes piece by piece, so that a ticket, the response to the first request and
 * close_notify are one packet; a packet costs about as much as the symmetric part of a handshake.
 *
 * Its queue of errors is the thread's, and flows share threads: each call begins with an empty one
 * and leaves an empty one behind. Nothing in between waits. */
#include "tls_session.h"

#include "flux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The most that a record holds (RFC 8446, section 5.1). */
#define RECORD ((size_t)SSL3_RT_MAX_PLAIN_LENGTH)

/* What one call encrypts at most: a client that takes it quickly does not keep the others waiting.
 */
#define PIECE ((size_t)256 * 1024)

/* What is held back at most: a record, and what has been said before it. */
#define HELD_MOST (RECORD + 4096)

struct session {
    struct tls_session base;
    SSL *ssl;
    int socket;
    int socket_error; /* of the last call on the socket that failed for good */
    int error;        /* that ended the session */
    bool established; /* a handshake has been made */
    bool holds;       /* there is input, or its end, that no await would tell of */
    bool more;        /* bytes follow those that are being sent */
    bool holding;     /* what OpenSSL writes is held back */
    bool closed;      /* close_notify stands behind the last record, which may be held still */
    size_t pending;   /* of a record that has been encrypted and is not yet sent whole */
    char *held;       /* goes ahead of what is written next; NULL: nothing */
    size_t held_length;
};

static BIO_METHOD *method; /* set by tls_session_start */

static struct session *session_of(const struct stream *stream)
{
    return (struct session *)stream->tls;
}

/* ---- the socket ------------------------------------------------------------------------------ */

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

static int bio_read(BIO *bio, char *data, int size)
{
    struct session *session = BIO_get_data(bio);
    ssize_t got = -1;
    BIO_clear_retry_flags(bio);
    errno = EAGAIN;
    /* There is no answer yet to a part of a handshake that has not been sent. */
    if (session->held == NULL || !SSL_in_init(session->ssl)) {
        do
            got = recv(session->socket, data, (size_t)size, MSG_DONTWAIT);
        while (got < 0 && errno == EINTR);
    }
    if (got < 0 && would_block(errno))
        BIO_set_retry_read(bio);
    else if (got < 0)
        session->socket_error = errno;
    return (int)got;
}

/* Returns whether there was room for it. */
static bool hold(struct session *session, const char *data, size_t size)
{
    if (size > HELD_MOST - session->held_length)
        return false;
    char *held = realloc(session->held, session->held_length + size);
    if (held == NULL)
        return false;
    memcpy(held + session->held_length, data, size);
    session->held = held;
    session->held_length += size;
    return true;
}

/* `sent` bytes of what is held have gone. */
static void let_go(struct session *session, size_t sent)
{
    session->held_length -= sent;
    if (session->held_length > 0) {
        memmove(session->held, session->held + sent, session->held_length);
        return;
    }
    free(session->held);
    session->held = NULL;
}

/* Sends what is held, and then `size` bytes; of these *sent. Returns 0, or an error number: EAGAIN
 * where nothing of them has gone, unless there are none. */
static int send_on(struct session *session, const char *data, size_t size, size_t *sent)
{
    struct iovec parts[] = {{session->held, session->held_length}, {(char *)data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (session->more ? MSG_MORE : 0);
    ssize_t done;
    *sent = 0;
    do
        done = sendmsg(session->socket, &message, flags);
    while (done < 0 && errno == EINTR);
    if (done < 0)
        return would_block(errno) ? EAGAIN : errno;
    size_t of_held = (size_t)done < session->held_length ? (size_t)done : session->held_length;
    let_go(session, of_held);
    *sent = (size_t)done - of_held;
    return session->held == NULL && (*sent > 0 || size == 0) ? 0 : EAGAIN;
}

static int bio_write(BIO *bio, const char *data, int size)
{
    struct session *session = BIO_get_data(bio);
    size_t sent;
    BIO_clear_retry_flags(bio);
    if (session->holding && hold(session, data, (size_t)size))
        return size;
    int error = send_on(session, data, (size_t)size, &sent);
    if (error == 0)
        return (int)sent;
    if (error == EAGAIN)
        BIO_set_retry_write(bio);
    else
        session->socket_error = error;
    return -1;
}

/* Sends what is held, as far as it goes. Returns 0 or an error number. */
static int flush(struct session *session)
{
    size_t none;
    int error = session->held != NULL ? send_on(session, NULL, 0, &none) : 0;
    return error == EAGAIN ? 0 : error;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

int tls_session_start(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (method == NULL || BIO_meth_set_read(method, bio_read) != 1 ||
        BIO_meth_set_write(method, bio_write) != 1 || BIO_meth_set_ctrl(method, bio_control) != 1)
        return ENOMEM;
    return 0;
}

void tls_session_end(void)
{
    BIO_meth_free(method);
    method = NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* close_notify, once (RFC 9112, section 9.8), and not within a handshake, where OpenSSL refuses to.
 * One that does not go at once is not sent: who does not read misses nothing. */
static void session_shut(struct stream *stream)
{
    struct session *session = session_of(stream);
    if (session->error != 0 || (SSL_get_shutdown(session->ssl) & SSL_SENT_SHUTDOWN) != 0)
        return;
    session->more = false;
    SSL_shutdown(session->ssl);
    ERR_clear_error();
}

static void session_free(struct stream *stream)
{
    struct session *session = session_of(stream);
    session_shut(stream);
    SSL_free(session->ssl);
    free(session->held);
    free(session);
    stream->tls = NULL;
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* After an error of OpenSSL's own, which ends the session. */
static int protocol_error(struct session *session)
{
    unsigned long first = ERR_peek_error();
    const char *reason = ERR_reason_error_string(first);
    session->error = EPROTO;
    if (ERR_GET_REASON(first) == ERR_R_MALLOC_FAILURE)
        session->error = ENOMEM;
    else if (ERR_GET_LIB(first) == ERR_LIB_SSL && ERR_GET_REASON(first) == SSL_R_HTTP_REQUEST)
        session->error = EPROTOTYPE;
    flux_log(FLUX_DEBUG, "TLS: %s", reason != NULL ? reason : "unknown error");
    return session->error;
}

/* What it means that a call of OpenSSL has returned `result`: an error number, or 0 where it waits
 * for the socket. */
static int explain(struct session *session, int result)
{
    int error = 0;
    switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        error = ECONNRESET;
        break;
    case SSL_ERROR_SYSCALL:
        /* The end of the connection, announced or not. HTTP knows by itself whether something is
         * missing. */
        error = session->socket_error != 0 ? session->socket_error : ECONNRESET;
        break;
    default:
        error = protocol_error(session);
        break;
    }
    ERR_clear_error();
    return error;
}

/* ---- receiving ------------------------------------------------------------------------------- */

static int session_receive(struct stream *stream, void *buffer, size_t room, size_t *got)
{
    struct session *session = session_of(stream);
    int error = session->error;
    session->more = false;
    session->holding = true;
    *got = 0;
    while (error == 0 && *got < room) {
        size_t count;
        ERR_clear_error();
        int result = SSL_read_ex(session->ssl, (char *)buffer + *got, room - *got, &count);
        if (result != 1) {
            error = explain(session, result);
            session->holds = error != 0;
            break;
        }
        *got += count;
        session->holds = SSL_has_pending(session->ssl);
        if (!session->holds)
            break;
    }
    session->holding = false;
    /* Otherwise there is going to be an answer, and what is held goes with it. */
    if (*got == 0) {
        int flush_error = flush(session);
        error = error != 0 ? error : flush_error;
    }
    stream->shaking = error == 0 && SSL_in_init(session->ssl) && !SSL_in_before(session->ssl);
    if (SSL_is_init_finished(session->ssl))
        session->established = true;
    stream->choked =
        error == 0 && (SSL_want_write(session->ssl) || (*got == 0 && session->held != NULL));
    if (error == EPROTOTYPE)
        session_free(stream);
    return *got > 0 ? 0 : error;
}

static bool session_holds_input(const struct stream *stream)
{
    return session_of(stream)->holds;
}

/* ---- sending --------------------------------------------------------------------------------- */

/* What keeps a session from sending anything. */
static int sending_error(const struct session *session)
{
    if (session->error != 0)
        return session->error;
    return session->established ? 0 : ENOTCONN;
}

/* Sends one record at most. Of one that did not go whole, *sent is 0, and the next call has to be
 * given the same bytes. */
static int send_record(struct session *session, const void *data, size_t length, size_t *sent)
{
    *sent = 0;
    ERR_clear_error();
    int result = SSL_write_ex(session->ssl, data, length, sent);
    session->pending = result == 1 ? 0 : length;
    return result == 1 ? 0 : explain(session, result);
}

/* The same for the last record, and close_notify with it. */
static int send_last_record(struct session *session, const void *data, size_t length, size_t *sent)
{
    if (!session->closed) {
        session->holding = true;
        int error = send_record(session, data, length, sent);
        session->closed = *sent == length;
        if (session->closed)
            SSL_shutdown(session->ssl);
        session->holding = false;
        ERR_clear_error();
        if (!session->closed)
            return error;
    }
    int error = flush(session);
    session->pending = session->held != NULL ? length : 0;
    *sent = length - session->pending;
    return error;
}

/* Where one is in a list of parts. */
struct cursor {
    const struct iovec *part;
    size_t offset; /* in this part */
};

static void advance(struct cursor *cursor, size_t length)
{
    while (length > 0) {
        size_t left = cursor->part->iov_len - cursor->offset;
        size_t step = length < left ? length : left;
        cursor->offset += step;
        length -= step;
        if (cursor->offset == cursor->part->iov_len) {
            cursor->part++;
            cursor->offset = 0;
        }
    }
}

/* The next `length` bytes in one piece: where they are, or copied together. */
static const void *gather(struct cursor cursor, size_t length, char scratch[RECORD])
{
    size_t filled = 0;
    if (cursor.part->iov_len - cursor.offset >= length)
        return (const char *)cursor.part->iov_base + cursor.offset;
    while (filled < length) {
        size_t left = cursor.part->iov_len - cursor.offset;
        size_t step = length - filled < left ? length - filled : left;
        if (step > 0) /* a part of no length may be nowhere */
            memcpy(scratch + filled, (const char *)cursor.part->iov_base + cursor.offset, step);
        filled += step;
        cursor = (struct cursor){cursor.part + 1, 0};
    }
    return scratch;
}

/* How long the next record is, of `left` bytes: as long as one that has been begun. */
static size_t record_length(const struct session *session, size_t left)
{
    if (session->pending != 0)
        return session->pending;
    return left < RECORD ? left : RECORD;
}

static int session_send(struct stream *stream, const struct iovec *parts, size_t count, bool more,
                        size_t *sent)
{
    struct session *session = session_of(stream);
    struct cursor cursor = {.part = parts};
    char scratch[RECORD];
    size_t total = 0;
    int error = sending_error(session);
    for (size_t i = 0; i < count; i++)
        total += parts[i].iov_len;
    *sent = 0;
    while (error == 0 && *sent < total && *sent < PIECE) {
        size_t done, length = record_length(session, total - *sent);
        if (length > total - *sent)
            return EINVAL;
        const void *data = gather(cursor, length, scratch);
        session->more = more || length < total - *sent;
        error = session->more || !stream->last ? send_record(session, data, length, &done)
                                               : send_last_record(session, data, length, &done);
        if (done == 0)
            break;
        *sent += done;
        advance(&cursor, done);
    }
    return error;
}

static int session_send_file(struct stream *stream, int file, uint64_t offset, uint64_t length,
                             bool more, size_t *sent)
{
    struct session *session = session_of(stream);
    char scratch[RECORD];
    size_t total = length < PIECE ? (size_t)length : PIECE;
    int error = sending_error(session);
    *sent = 0;
    while (error == 0 && *sent < total) {
        size_t done, wanted = record_length(session, total - *sent);
        ssize_t got;
        if (wanted > length - *sent)
            return EINVAL;
        do
            got = pread(file, scratch, wanted, (off_t)(offset + *sent));
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return errno;
        /* Of a record that has been begun no less will do. */
        if (got == 0 || (size_t)got < session->pending)
            return EIO;
        session->more = more || (uint64_t)got < length - *sent;
        error = session->more || !stream->last
                    ? send_record(session, scratch, (size_t)got, &done)
                    : send_last_record(session, scratch, (size_t)got, &done);
        if (done == 0)
            break;
        *sent += done;
    }
    return error;
}

/* ---- the beginning --------------------------------------------------------------------------- */

void tls_session_prepare(SSL_CTX *context)
{
    /* A connection that is idle keeps no buffers. What has been begun is sent from wherever the
     * caller has it then. */
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* A record is received by one call, not by one for its head and another for the rest. */
    SSL_CTX_set_read_ahead(context, 1);
}

static const struct stream_tls calls = {
    .receive = session_receive,
    .holds_input = session_holds_input,
    .send = session_send,
    .send_file = session_send_file,
    .shut = session_shut,
    .free = session_free,
};

/* NULL: no memory. */
static struct session *session_new(struct stream *stream, SSL_CTX *context)
{
    struct session *session = calloc(1, sizeof *session);
    BIO *bio = NULL;
    if (session == NULL)
        return NULL;
    ERR_clear_error();
    session->base.calls = &calls;
    session->socket = stream->socket;
    session->ssl = SSL_new(context);
    if (session->ssl != NULL)
        bio = BIO_new(method);
    if (bio == NULL) {
        SSL_free(session->ssl);
        free(session);
        ERR_clear_error();
        return NULL;
    }
    BIO_set_data(bio, session);
    BIO_set_init(bio, 1);
    SSL_set_bio(session->ssl, bio, bio);
    stream->tls = &session->base;
    return session;
}

int tls_session_begin(struct stream *stream, SSL_CTX *context)
{
    struct session *session = session_new(stream, context);
    if (session == NULL)
        return ENOMEM;
    SSL_set_accept_state(session->ssl);
    return 0;
}

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

int tls_session_ask(struct stream *stream, SSL_CTX *context, const char *host)
{
    struct session *session = session_new(stream, context);
    if (session == NULL)
        return ENOMEM;
    SSL_set_connect_state(session->ssl);
    if (!is_address(host) && SSL_set_tlsext_host_name(session->ssl, host) != 1) {
        ERR_clear_error();
        session_free(stream);
        return ENOMEM;
    }
    return 0;
}

/* gateway.h - a request that is passed on to a FastCGI application, and the answer passed back.
 *
 * The request's body is collected while it is short, so that an application is not occupied by a
 * client that sends slowly; what is longer is passed on as it arrives. The answer is passed back a
 * buffer at a time, so a client that takes it slowly holds the application back. Both can go on at
 * the same time.
 *
 *      gateway_collect ... upstream_take, gateway_ask, upstream_dial, gateway_carry ...,
 *      gateway_hear ..., gateway_answer, [response sent, gateway_hear ..., gateway_continue] ...,
 *      upstream_give
 *
 * Nothing waits here. Functions return 0 or an error number that response.h has an answer for.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "cgi.h"
#include "exchange.h"
#include "stream.h"
#include "upstream.h"

struct gateway {
    struct upstream_connection *connection; /* NULL: none is taken */
    struct conversation *talk;              /* in the memory of the connection */

    char *body; /* what has been collected of it */
    size_t body_length, body_room, body_passed;

    bool asked;    /* all of the request has been passed on, or the application wants no more */
    bool starved;  /* what is missing for that has to come from the client */
    bool ended;    /* all of the answer has been received */
    bool begun;    /* a response has been made of it */
    bool news;     /* something has been heard that is not in the response yet */
    bool bodiless; /* it has no body */
    bool chunked;  /* it has, of a length that is not known */
    bool spoiled;  /* the connection is not to be used again */
    bool again;    /* to be tried on another connection */
    uint64_t left; /* bytes of an announced length yet to come */
};

/* Of a connection: what upstream_new has to be told. */
size_t gateway_memory(void);

void gateway_reset(struct gateway *gateway);
/* Frees what has been collected. The connection has been given back. */
void gateway_release(struct gateway *gateway);

/* ---- the request ----------------------------------------------------------------------------- */

/* Collects what has arrived of the body, after asking for it where the client waits for that (RFC
 * 9110, section 10.1.1). gateway_collects: more has to arrive before the application can be asked.
 * A chunked body is collected whole, as its length has to be said ahead of it. */
int gateway_collect(struct gateway *gateway, struct exchange *exchange, struct stream *stream);
bool gateway_collects(const struct gateway *gateway, const struct exchange *exchange);

/* Writes the request, to be sent on gateway->connection. The length of the body is filled in. */
int gateway_ask(struct gateway *gateway, struct cgi_request *request,
                const struct exchange *exchange);

/* Passes on of the request what goes at once. Unless it is `asked` then, connection->events tells
 * when to go on. */
int gateway_carry(struct gateway *gateway, struct exchange *exchange, struct stream *stream);

/* ---- the answer ------------------------------------------------------------------------------ */

/* Receives. Called while the response has no bytes that are yet to be sent. */
int gateway_hear(struct gateway *gateway, bool head_only);

/* There is nothing yet to make a response of, or to go on with one. */
bool gateway_is_silent(const struct gateway *gateway);

/* Makes a response of what has been heard, and appends to it what has been heard since, if any. */
void gateway_answer(struct gateway *gateway, struct exchange *exchange);
void gateway_continue(struct gateway *gateway, struct exchange *exchange);

/* The response is not all there is to the answer. */
bool gateway_has_more(const struct gateway *gateway);

/* Whether a request that failed with `error` can be tried once more: the connection was an old one
 * that its application has closed meanwhile, without a word. Not if it could have been carried out
 * twice then. */
bool gateway_may_retry(const struct gateway *gateway, const struct http_request *http, int error);

/* Whether the connection can be used for another request. */
bool gateway_is_reusable(const struct gateway *gateway);

#endif

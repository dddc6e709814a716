/* connection.c - from accept to close: everything that a node does to a socket. */
#include "image_flux.h"

#include "access_log.h"
#include "flux.h"
#include "http_limits.h"
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a client that is still sending is listened to after the last response. */
#define LINGER_NS UINT64_C(2000000000)

/* ---- the beginning --------------------------------------------------------------------------- */

int Listen(Listen_out *out)
{
    /* Those who are being served need descriptors too, so the last ones are not given away. */
    if (flux_load().flows >= settings.most_flows)
        return EMFILE;
    client *peer = flux_alloc(sizeof *peer);
    if (peer == NULL)
        return ENOMEM;
    int error = listen_accept(&out->socket, &peer->peer);
    if (error != 0)
        return error;
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    out->peer = peer;
    return 0;
}

int Admit(Admit_in *in, Admit_out *out)
{
    int error = clients_enter(clients, &in->peer->peer);
    if (error != 0)
        return error;
    in->peer->admitted = true;
    PASS_ON(in, out);
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static int begin_request(int socket, client *peer)
{
    image_tag *request = malloc(sizeof *request + exchange_buffer_size());
    if (request == NULL)
        return ENOMEM;
    *request = (image_tag){0};
    exchange_begin(&request->exchange, (char *)(request + 1));
    peer->request = request;
    return exchange_receive(&request->exchange, socket);
}

int Arrive(Arrive_in *in, Arrive_out *out)
{
    PASS_ON(in, out);
    return begin_request(in->socket, in->peer);
}

int LastCall(LastCall_in *in, LastCall_out *out)
{
    PASS_ON(in, out);
    if (in->error != ECANCELED && in->error != ETIMEDOUT)
        return in->error;
    int error = begin_request(in->socket, in->peer);
    if (error != 0)
        return error;
    return in->peer->request->exchange.length > 0 ? 0 : in->error;
}

int Receive(Receive_in *in, Receive_out *out)
{
    PASS_ON(in, out);
    return exchange_receive(&in->peer->request->exchange, in->socket);
}

/* ---- writing --------------------------------------------------------------------------------- */

int Send(Send_in *in, Send_out *out)
{
    struct exchange *exchange = &in->peer->request->exchange;
    PASS_ON(in, out);
    out->patience = http_limits_remaining(exchange->deadline);
    return response_send(&exchange->response, in->socket);
}

/* There is room in the socket again: Send goes on. */
int Room(Room_in *in, Room_out *out)
{
    PASS_ON(in, out);
    return 0;
}

static void log_access(const client *peer)
{
    if (peer->request == NULL || !access_log_wanted())
        return;
    const struct exchange *exchange = &peer->request->exchange;
    const struct response *response = &exchange->response;
    struct access access = {.peer = &peer->peer,
                            .request = &exchange->request,
                            .status = response->status,
                            .nanoseconds = flux_now() - exchange->began};
    if (response->sent > response->head_length)
        access.bytes = response->sent - response->head_length;
    if (response->status != 0)
        access_log_write(&access);
}

int Log(Log_in *in, Log_out *out)
{
    PASS_ON(in, out);
    log_access(in->peer);
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void begin_lingering(client *peer)
{
    peer->lingering = true;
    peer->linger_deadline = flux_now() + LINGER_NS;
}

static void release_image(client *peer)
{
    image_tag *request = peer->request;
    if (request->entry != NULL)
        cache_release(cache, request->entry);
    request->entry = NULL;
}

int Complete(Complete_in *in, Complete_out *out)
{
    client *peer = in->peer;
    struct exchange *exchange = &peer->request->exchange;
    PASS_ON(in, out);
    release_image(peer);
    peer->keep = exchange->keep_alive;
    if (!peer->keep) {
        /* A client that asked for the end sends nothing more. */
        if (exchange->request.keep_alive || exchange->request.stage != HTTP_WHOLE)
            begin_lingering(peer);
        return 0;
    }
    if (!exchange_next(exchange)) {
        free(peer->request);
        peer->request = NULL;
    }
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    return 0;
}

int Busy(Busy_in *in, Busy_out *out)
{
    struct response response;
    PASS_ON(in, out);
    response_message(&response, response_case(EUSERS), 1, false, false, NULL);
    begin_lingering(in->peer);
    return response_send(&response, in->socket);
}

/* Nothing more is sent; what the client is still sending is read for a while. Otherwise the kernel
 * would answer it with a reset, and that can overtake the response (RFC 9112, section 9.6). */
int Hush(Hush_in *in, Hush_out *out)
{
    PASS_ON(in, out);
    shutdown(in->socket, SHUT_WR);
    out->patience = http_limits_remaining(in->peer->linger_deadline);
    return 0;
}

int Drain(Drain_in *in, Drain_out *out)
{
    char scrap[4096];
    PASS_ON(in, out);
    ssize_t got = recv(in->socket, scrap, sizeof scrap, MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        in->peer->lingering = false;
    if (flux_now() >= in->peer->linger_deadline)
        in->peer->lingering = false;
    return 0;
}

/* The last node of a connection, and where one ends that is idle for too long or that its client
 * has given up: then there is a response that has not been logged. */
int Goodbye(Goodbye_in *in)
{
    if (in->peer->request != NULL && !response_sent(&in->peer->request->exchange.response))
        log_access(in->peer);
    return 0;
}

int Close(Close_in *in)
{
    client *peer = in->peer;
    if (peer->request != NULL)
        release_image(peer);
    free(peer->request);
    if (peer->admitted)
        clients_leave(clients, &peer->peer);
    close(in->socket);
    return 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool HasInput(client *peer)
{
    return peer->request != NULL;
}

bool IsPartial(client *peer)
{
    return peer->request->exchange.request.stage != HTTP_WHOLE;
}

bool IsUnsent(client *peer)
{
    return !response_sent(&peer->request->exchange.response);
}

bool KeepsAlive(client *peer)
{
    return peer->keep;
}

bool IsLingering(client *peer)
{
    return peer->lingering;
}

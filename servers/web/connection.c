/* connection.c - from accept to close: everything that a node does to a socket. */
#include "web_flux.h"

#include "access_log.h"
#include "flux.h"
#include "http_limits.h"
#include "tls.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the beginning --------------------------------------------------------------------------- */

int Listen(Listen_out *out)
{
    client *peer = flux_alloc(sizeof *peer);
    if (peer == NULL)
        return ENOMEM;
    int error = connection_accept(&peer->connection);
    if (error != 0)
        return error;
    out->socket = peer->connection.stream.socket;
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    out->peer = peer;
    return 0;
}

int Admit(Admit_in *in, Admit_out *out)
{
    PASS_ON(in, out);
    return connection_admit(&in->peer->connection, clients);
}

int Secure(Secure_in *in, Secure_out *out)
{
    PASS_ON(in, out);
    return tls_wanted() ? tls_begin(&in->peer->connection.stream) : 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* All of it but the exchange, and the path, which is long. */
static void request_reset(web_request *request)
{
    request->method = OTHER;
    request->head_only = request->fresh = request->takes_gzip = false;
    request->error = 0;
    request->file = request->found = request->compressed = NULL;
    request->gzip = NULL;
    request->parts = NULL;
    gateway_reset(&request->gateway);
    request->path[0] = '\0';
}

static int begin_request(client *peer)
{
    web_request *request = spare_take(&requests);
    if (request == NULL)
        return ENOMEM;
    request_reset(request);
    exchange_begin(&request->exchange, (char *)(request + 1), access_log_wanted());
    peer->request = request;
    int error = exchange_receive(&request->exchange, &peer->connection.stream);
    if (error == EPROTOTYPE) { /* not what a connection ends with, but an answer */
        request->error = error;
        error = 0;
    }
    return error;
}

/* The buffer is for others where nothing of a request has come. */
static int hear(client *peer, int *patience)
{
    int error = begin_request(peer);
    const web_request *request = peer->request;
    if (error != 0 || request->error != 0 || request->exchange.length > 0 ||
        peer->connection.stream.choked)
        return error;
    *patience = connection_patience(&peer->connection);
    spare_give(&requests, peer->request);
    peer->request = NULL;
    return 0;
}

/* The kernel has kept the connection until there was something to read, or for long enough. */
int Greet(Greet_in *in, Greet_out *out)
{
    PASS_ON(in, out);
    return hear(in->peer, &out->patience);
}

int Arrive(Arrive_in *in, Arrive_out *out)
{
    PASS_ON(in, out);
    return hear(in->peer, &out->patience);
}

int LastCall(LastCall_in *in, LastCall_out *out)
{
    PASS_ON(in, out);
    if (in->error != ECANCELED && in->error != ETIMEDOUT)
        return in->error;
    int error = begin_request(in->peer);
    if (error != 0)
        return error;
    return in->peer->request->exchange.length > 0 ? 0 : in->error;
}

int Receive(Receive_in *in, Receive_out *out)
{
    PASS_ON(in, out);
    return exchange_receive(&in->peer->request->exchange, &in->peer->connection.stream);
}

/* The same, where nothing is to be waited for. */
int Take(Take_in *in, Take_out *out)
{
    PASS_ON(in, out);
    return exchange_receive(&in->peer->request->exchange, &in->peer->connection.stream);
}

/* ---- writing --------------------------------------------------------------------------------- */

int Send(Send_in *in, Send_out *out)
{
    PASS_ON(in, out);
    web_request *request = in->peer->request;
    return connection_send(&in->peer->connection, &request->exchange,
                           gateway_has_more(&request->gateway), &out->patience);
}

/* There is room in the socket again: Send goes on. */
int Room(Room_in *in, Room_out *out)
{
    PASS_ON(in, out);
    return 0;
}

int Log(Log_in *in, Log_out *out)
{
    PASS_ON(in, out);
    connection_log(&in->peer->connection, &in->peer->request->exchange);
    return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

/* What the response was made of. */
static void release(web_request *request)
{
    if (request->file != NULL)
        files_release(files, request->file);
    file_free(request->found);
    file_free(request->compressed);
    free(request->parts);
    gateway_release(&request->gateway);
    request_reset(request);
}

int Complete(Complete_in *in, Complete_out *out)
{
    client *peer = in->peer;
    PASS_ON(in, out);
    release(peer->request);
    if (!connection_turn(&peer->connection, &peer->request->exchange) && peer->connection.keep) {
        spare_give(&requests, peer->request);
        peer->request = NULL;
    }
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    return 0;
}

int Busy(Busy_in *in, Busy_out *out)
{
    PASS_ON(in, out);
    if (tls_wanted()) { /* there is no way yet to say anything */
        connection_linger(&in->peer->connection);
        return 0;
    }
    return connection_refuse(&in->peer->connection);
}

int Hush(Hush_in *in, Hush_out *out)
{
    PASS_ON(in, out);
    out->patience = connection_hush(&in->peer->connection);
    return 0;
}

int Drain(Drain_in *in, Drain_out *out)
{
    PASS_ON(in, out);
    connection_drain(&in->peer->connection);
    return 0;
}

/* The last node of a connection, and where one ends that is idle for too long or that its client
 * has given up: then there is a response that has not been logged. */
int Part(Part_in *in)
{
    client *peer = in->peer;
    if (peer->request != NULL && IsUnderWay(peer))
        connection_log(&peer->connection, &peer->request->exchange);
    return 0;
}

int Close(Close_in *in)
{
    client *peer = in->peer;
    if (peer->request != NULL)
        release(peer->request);
    spare_give(&requests, peer->request);
    connection_leave(&peer->connection, clients);
    stream_close(&peer->connection.stream);
    return 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool HasInput(client *peer)
{
    return peer->request != NULL;
}

bool IsUnasked(client *peer)
{
    return peer->request == NULL;
}

bool IsHeadless(client *peer)
{
    return peer->request->exchange.request.stage == HTTP_IN_HEAD;
}

bool HasBody(client *peer)
{
    return peer->request->exchange.request.stage == HTTP_IN_BODY;
}

bool HoldsInput(client *peer)
{
    return stream_holds_input(&peer->connection.stream);
}

bool IsChoked(client *peer)
{
    return peer->connection.stream.choked;
}

bool IsUnsent(client *peer)
{
    return !response_sent(&peer->request->exchange.response);
}

/* Or there is more to come, that is not known yet. */
bool IsUnderWay(client *peer)
{
    return IsUnsent(peer) || gateway_has_more(&peer->request->gateway);
}

bool KeepsAlive(client *peer)
{
    return peer->connection.keep;
}

bool IsLingering(client *peer)
{
    return peer->connection.lingering;
}

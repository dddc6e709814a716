/* connection.c - from accept to close: everything that a node does to a socket. */
#include "image_flux.h"

#include "access_log.h"
#include "flux.h"
#include "http_limits.h"

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

/* ---- reading --------------------------------------------------------------------------------- */

static int begin_request(client *peer)
{
    image_tag *request = malloc(sizeof *request + exchange_buffer_size());
    if (request == NULL)
        return ENOMEM;
    *request = (image_tag){0};
    exchange_begin(&request->exchange, (char *)(request + 1), access_log_wanted());
    peer->request = request;
    return exchange_receive(&request->exchange, &peer->connection.stream);
}

int Arrive(Arrive_in *in, Arrive_out *out)
{
    PASS_ON(in, out);
    return begin_request(in->peer);
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

/* ---- writing --------------------------------------------------------------------------------- */

int Send(Send_in *in, Send_out *out)
{
    PASS_ON(in, out);
    return connection_send(&in->peer->connection, &in->peer->request->exchange, false,
                           &out->patience);
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
    PASS_ON(in, out);
    release_image(peer);
    if (!connection_turn(&peer->connection, &peer->request->exchange) && peer->connection.keep) {
        free(peer->request);
        peer->request = NULL;
    }
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    return 0;
}

int Busy(Busy_in *in, Busy_out *out)
{
    PASS_ON(in, out);
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
int Goodbye(Goodbye_in *in)
{
    client *peer = in->peer;
    if (peer->request != NULL && !response_sent(&peer->request->exchange.response))
        connection_log(&peer->connection, &peer->request->exchange);
    return 0;
}

int Close(Close_in *in)
{
    client *peer = in->peer;
    if (peer->request != NULL)
        release_image(peer);
    free(peer->request);
    connection_leave(&peer->connection, clients);
    stream_close(&peer->connection.stream);
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
    return peer->connection.keep;
}

bool IsLingering(client *peer)
{
    return peer->connection.lingering;
}

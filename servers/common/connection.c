#include "connection.h"

#include "access_log.h"
#include "flux.h"
#include "http_limits.h"
#include "listen.h"

#include <errno.h>

/* How long a client that is still sending is listened to after the last response. */
#define LINGER_NS UINT64_C(2000000000)

int connection_accept(struct connection *connection)
{
    if (flux_load().flows >= http_limits.most_flows)
        return EMFILE;
    return listen_accept(&connection->stream.socket, &connection->peer);
}

int connection_admit(struct connection *connection, struct clients *clients)
{
    int error = clients_enter(clients, &connection->peer);
    connection->admitted = error == 0;
    return error;
}

void connection_leave(struct connection *connection, struct clients *clients)
{
    if (connection->admitted)
        clients_leave(clients, &connection->peer);
    connection->admitted = false;
}

int connection_patience(struct connection *connection)
{
    if (!connection->stream.shaking)
        return http_limits_milliseconds(http_limits.idle_timeout);
    if (connection->deadline == 0)
        connection->deadline = http_limits_now() + http_limits.header_timeout;
    return http_limits_remaining(connection->deadline);
}

bool connection_may_go_on(const struct exchange *exchange)
{
    return exchange->request.keep_alive && exchange->request.stage == HTTP_WHOLE &&
           !flux_stopping() && flux_load().flows < http_limits.most_flows;
}

int connection_send(struct connection *connection, struct exchange *exchange, bool more,
                    int *patience)
{
    connection->stream.last = !exchange->keep_alive && !more;
    return exchange_send(exchange, &connection->stream, patience);
}

bool connection_turn(struct connection *connection, struct exchange *exchange)
{
    connection->keep = exchange->keep_alive;
    if (connection->keep)
        return exchange_next(exchange, stream_holds_input(&connection->stream));
    /* A client that asked for the end sends nothing more, unless it is the body that it was not
     * asked for. */
    if (exchange->request.keep_alive || exchange->request.stage != HTTP_WHOLE ||
        exchange->request.expects_continue)
        connection_linger(connection);
    return false;
}

int connection_refuse(struct connection *connection)
{
    struct response response;
    response_message(&response, response_case(EUSERS), 1, false, false, NULL);
    connection_linger(connection);
    return response_send(&response, &connection->stream);
}

void connection_linger(struct connection *connection)
{
    connection->lingering = true;
    connection->deadline = http_limits_now() + LINGER_NS;
}

int connection_hush(struct connection *connection)
{
    stream_shut(&connection->stream);
    return http_limits_remaining(connection->deadline);
}

void connection_drain(struct connection *connection)
{
    char scrap[4096];
    size_t got;
    int error = stream_receive(&connection->stream, scrap, sizeof scrap, &got);
    if (error != 0 || http_limits_now() >= connection->deadline)
        connection->lingering = false;
}

void connection_log(const struct connection *connection, const struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    if (response->status == 0 || !access_log_wanted())
        return;
    access_log_write(&(struct access){.peer = &connection->peer,
                                      .request = &exchange->request,
                                      .status = response->status,
                                      .bytes = response_body_sent(response),
                                      .nanoseconds = flux_now() - exchange->began});
}

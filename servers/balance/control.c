/* control.c - the page, and the requests by which it and others see what goes on and change it:
 *
 *      GET /                                the page
 *      GET /status                          replicas, and who waits, as JSON
 *      GET /series?from=S&to=S&step=S&by=replica|client     ledger.h says what comes back
 *      PUT /replicas/ADDR:PORT              adds one, or lets one that is drained go on
 *      PUT /replicas/ADDR:PORT?drain        it gets no more connections
 *      DELETE /replicas/ADDR:PORT           the same, and it is gone with its last
 *
 * What changes something is PUT or DELETE, which a browser does not send on behalf of another site.
 */
#include "balance_flux.h"

#include "flux.h"
#include "http_limits.h"
#include "listen.h"
#include "page.h"
#include "strategy.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPLICAS "/replicas/"
#define HEADERS                                                                                    \
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"                               \
    "Content-Security-Policy: default-src 'self'; img-src data:; style-src 'self' "                \
    "'unsafe-inline'\r\n"

#undef PASS_ON
#define PASS_ON(in, out)                                                                           \
    ((out)->socket = (in)->socket, (out)->patience = (in)->patience, (out)->guest = (in)->guest)

static const char *address;
static int listener = -1;

static const struct flux_option options[] = {
    {"control", "ADDR:PORT",
     "a page there shows what goes on; replicas are added and removed there", FLUX_STRING, &address,
     0, 0, NULL},
};
FLUX_OPTIONS(options);

int control_open(void)
{
    return address != NULL ? listen_open_for("control", address, &listener) : 0;
}

void control_close(void)
{
    if (listener >= 0)
        close(listener);
}

bool control_wanted(void)
{
    return address != NULL;
}

/* ---- a connection ---------------------------------------------------------------------------- */

int Visit(Visit_out *out)
{
    struct peer peer;
    if (listener < 0)
        return FLUX_STOP;
    visitor *guest = flux_alloc(sizeof *guest + exchange_buffer_size());
    if (guest == NULL)
        return ENOMEM;
    int error = listen_accept_for(listener, &guest->stream.socket, &peer);
    if (error != 0)
        return error;
    exchange_begin(&guest->exchange, guest->buffer, false);
    out->socket = guest->stream.socket;
    out->patience = http_limits_milliseconds(http_limits.header_timeout);
    out->guest = guest;
    return 0;
}

int Fetch(Fetch_in *in, Fetch_out *out)
{
    PASS_ON(in, out);
    return exchange_receive(&in->guest->exchange, &in->guest->stream);
}

int Push(Push_in *in, Push_out *out)
{
    PASS_ON(in, out);
    return exchange_send(&in->guest->exchange, &in->guest->stream, &out->patience);
}

int Drain(Drain_in *in, Drain_out *out)
{
    PASS_ON(in, out);
    return 0;
}

int Complete(Complete_in *in, Complete_out *out)
{
    visitor *guest = in->guest;
    PASS_ON(in, out);
    free(guest->body);
    guest->body = NULL;
    guest->keep = guest->exchange.keep_alive;
    if (guest->keep && !exchange_next(&guest->exchange, false))
        exchange_begin(&guest->exchange, guest->buffer, false);
    out->patience = http_limits_milliseconds(http_limits.idle_timeout);
    return 0;
}

int Goodbye(Goodbye_in *in)
{
    (void)in;
    return 0;
}

int Part(Part_in *in)
{
    (void)in;
    return 0;
}

int HangUp(HangUp_in *in)
{
    free(in->guest->body);
    stream_close(&in->guest->stream);
    return 0;
}

/* ---- a request ------------------------------------------------------------------------------- */

static int route(visitor *guest)
{
    const struct http_request *request = &guest->exchange.request;
    int error = http_target_decode(request->path, guest->path, sizeof guest->path);
    if (error != 0)
        return error == ENAMETOOLONG ? ENOENT : error;
    bool changes = strncmp(guest->path, REPLICAS, strlen(REPLICAS)) == 0;
    bool reads = http_text_is(request->method, "GET") || http_text_is(request->method, "HEAD");
    if (changes && !http_text_is(request->method, "PUT") &&
        !http_text_is(request->method, "DELETE"))
        return ENOTSUP;
    if (!changes && !reads)
        return ENOTSUP;
    guest->asks = changes                               ? ASKS_CHANGE
                  : strcmp(guest->path, "/status") == 0 ? ASKS_STATUS
                  : strcmp(guest->path, "/series") == 0 ? ASKS_QUERY
                                                        : ASKS_PAGE;
    return 0;
}

int Parse(Parse_in *in, Parse_out *out)
{
    visitor *guest = in->guest;
    PASS_ON(in, out);
    int error = exchange_parse(&guest->exchange);
    out->patience = http_limits_remaining(guest->exchange.deadline);
    if (error != 0 || guest->exchange.request.stage != HTTP_WHOLE)
        return error;
    return route(guest);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void answer(visitor *guest, const char *type, const char *body, size_t length)
{
    struct exchange *exchange = &guest->exchange;
    struct response *response = &exchange->response;
    exchange->keep_alive = exchange->request.keep_alive && !flux_stopping();
    response_begin(response, 200, exchange->request.minor, exchange->keep_alive);
    response_field(response, "Content-Type", "%s", type);
    response_field(response, "Content-Length", "%zu", length);
    response_fields(response, HEADERS, strlen(HEADERS));
    response_end(response);
    if (!exchange_is_head(exchange))
        response_body(response, body, length);
}

int Page(Page_in *in, Page_out *out)
{
    const struct page_file *file = page_find(in->guest->path);
    PASS_ON(in, out);
    if (file == NULL)
        return ENOENT;
    answer(in->guest, file->type, file->begin, (size_t)(file->end - file->begin));
    return 0;
}

static const char *state_of(const struct replica *replica)
{
    if (replica->removed)
        return "removed";
    if (replica->draining)
        return "draining";
    return atomic_load(&replica->down) ? "down" : "up";
}

static void put_replica(FILE *to, const struct replica *replica)
{
    fprintf(to,
            "{\"name\":\"%s\",\"state\":\"%s\",\"connections\":%u,\"unfinished\":%u,"
            "\"latency\":%llu,\"requests\":%llu,\"served\":%llu,\"failed\":%llu,\"up\":%llu,"
            "\"down\":%llu}",
            replica->name, state_of(replica), replica->connections,
            atomic_load(&replica->unfinished),
            (unsigned long long)(replica_latency(replica, flux_now()) / 1000),
            (unsigned long long)atomic_load(&replica->requests),
            (unsigned long long)atomic_load(&replica->served),
            (unsigned long long)atomic_load(&replica->failed),
            (unsigned long long)atomic_load(&replica->up),
            (unsigned long long)atomic_load(&replica->down_bytes));
}

static int report(visitor *guest)
{
    size_t length = 0;
    FILE *to = open_memstream(&guest->body, &length);
    if (to == NULL)
        return ENOMEM;
    fprintf(to, "{\"strategy\":\"%s\",\"runtime\":\"%s\",\"waiting\":%llu,\"lost\":%llu,",
            strategy_name(settings.replicas.strategy), flux_runtime_name(),
            (unsigned long long)fair_waiting(queue), (unsigned long long)ledger_lost(ledger));
    fputs("\"replicas\":[", to);
    for (size_t i = 0; i < replicas_count(replicas); i++) {
        if (i > 0)
            fputc(',', to);
        put_replica(to, replicas_at(replicas, i));
    }
    fputs("]}\n", to);
    if (fclose(to) != 0)
        return ENOMEM;
    answer(guest, "application/json", guest->body, length);
    return 0;
}

int Report(Report_in *in, Report_out *out)
{
    PASS_ON(in, out);
    return report(in->guest);
}

/* Digits; what is none, or too large, is refused as a span. */
static int64_t number_of(struct http_text text)
{
    int64_t number = 0;
    if (text.length == 0 || text.length > 15)
        return -1;
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        number = 10 * number + (text.at[i] - '0');
    }
    return number;
}

int Query(Query_in *in, Query_out *out)
{
    visitor *guest = in->guest;
    struct ledger_span span = {.from = -1, .to = -1, .step = 1};
    struct http_text query = guest->exchange.request.query, name, value;
    size_t length = 0;
    PASS_ON(in, out);
    while (http_query_next(&query, &name, &value)) {
        if (http_text_is(name, "from"))
            span.from = number_of(value);
        else if (http_text_is(name, "to"))
            span.to = number_of(value);
        else if (http_text_is(name, "step"))
            span.step = number_of(value);
        else if (http_text_is(name, "by"))
            span.by_client = http_text_is(value, "client");
    }
    int error = ledger_query(ledger, &span, &guest->body, &length);
    if (error == 0)
        answer(guest, "application/json", guest->body, length);
    return error;
}

int Change(Change_in *in, Change_out *out)
{
    visitor *guest = in->guest;
    const struct http_request *request = &guest->exchange.request;
    const char *name = guest->path + strlen(REPLICAS);
    int error;
    PASS_ON(in, out);
    if (http_text_is(request->method, "DELETE"))
        error = replicas_remove(replicas, name);
    else if (http_text_is(request->query, "drain"))
        error = replicas_drain(replicas, name);
    else if (request->query.length > 0)
        return EINVAL;
    else
        error = replicas_add(replicas, name, true);
    if (error == EEXIST)
        error = 0;
    for (size_t i = 0; i < replicas_count(replicas) && error == 0; i++)
        error =
            ledger_name(ledger, replicas_at(replicas, i)->number, replicas_at(replicas, i)->name);
    if (error != 0)
        return error;
    flux_log(FLUX_INFO, "replica %s: %.*s %.*s", name, (int)request->method.length,
             request->method.at, (int)request->query.length, request->query.at);
    queue_advance();
    return report(guest);
}

int Apologise(Apologise_in *in, Apologise_out *out)
{
    struct exchange *exchange = &in->guest->exchange;
    const struct response_case *with = response_case(in->error);
    PASS_ON(in, out);
    if (with == NULL || (in->error == ETIMEDOUT && exchange->length == 0))
        return in->error;
    exchange->keep_alive = exchange->request.keep_alive && !with->closes && !flux_stopping();
    response_message(&exchange->response, with, exchange->request.minor, exchange->keep_alive,
                     exchange_is_head(exchange),
                     with->status == 405 ? "Allow: GET, HEAD, PUT, DELETE\r\n" : NULL);
    return 0;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool HasBegun(visitor *guest)
{
    return guest->exchange.length > 0;
}

bool IsPartial(visitor *guest)
{
    return guest->exchange.request.stage != HTTP_WHOLE;
}

bool IsChange(visitor *guest)
{
    return guest->asks == ASKS_CHANGE;
}

bool IsStatus(visitor *guest)
{
    return guest->asks == ASKS_STATUS;
}

bool IsQuery(visitor *guest)
{
    return guest->asks == ASKS_QUERY;
}

bool IsUnsent(visitor *guest)
{
    return !response_sent(&guest->exchange.response);
}

bool KeepsAlive(visitor *guest)
{
    return guest->keep;
}

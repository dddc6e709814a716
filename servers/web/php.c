/* php.c - scripts, which php-fpm runs. Lease, GiveBack and Tend hold the constraint `upstream`.
 *
 * While a flow deals with php-fpm, the descriptor that it carries is the one to wait for there; the
 * client's is in its stream. */
#include "web_flux.h"

#include "flux.h"
#include "http_limits.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* PASS_ON, where the descriptor has another name. */
#define PASS(in, from, out, to)                                                                    \
    ((out)->to = (in)->from, (out)->patience = (in)->patience, (out)->peer = (in)->peer)

#define SECONDS(n) ((n)*UINT64_C(1000000000))

static struct {
    const char *address;
    uint64_t connections, timeout, keep;
} php = {.connections = 128, .timeout = SECONDS(60), .keep = SECONDS(1)};

/* clang-format off */
static const struct flux_option options[] = {
    {"php", "PATH|ADDR:PORT", "where php-fpm listens, to run *.php",
     FLUX_STRING, &php.address, 0, 0, NULL},
    {"php-connections", "N", "connections to it at a time; answer 503 beyond",
     FLUX_NUMBER, &php.connections, 1, UINT32_MAX, NULL},
    {"php-timeout", "S", "time in which it has to be reached, to take or to say something",
     FLUX_TIME, &php.timeout, 1, SECONDS(24 * 60 * 60), NULL},
    {"php-keep", "S", "use a connection to it again until it is that old",
     FLUX_TIME, &php.keep, 0, SECONDS(24 * 60 * 60), NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);

static const char *const index_names[] = {"index.html", "index.htm", "index.php", NULL};
static struct upstream *upstream;
static char *root; /* of the server, absolute and without a slash at its end */

/* ---- as long as the program ------------------------------------------------------------------ */

int php_open(void)
{
    if (php.address == NULL)
        return 0;
    root = realpath(settings.root, NULL);
    if (root == NULL)
        return errno;
    if (strcmp(root, "/") == 0)
        root[0] = '\0';
    settings.files.scripts = true;
    settings.files.index_names = index_names;
    return upstream_new(&upstream, php.address, (size_t)php.connections, php.keep,
                        gateway_memory());
}

/* A connection may be waited for together with a client, which takes a second one. */
uint64_t php_descriptors(void)
{
    return php.address != NULL ? 2 * php.connections : 0;
}

void php_close(void)
{
    upstream_free(upstream);
    free(root);
}

int Tend(void)
{
    if (upstream != NULL)
        upstream_tend(upstream);
    return 0;
}

/* ---- the request ----------------------------------------------------------------------------- */

static int patience_with_php(void)
{
    return http_limits_milliseconds(php.timeout);
}

int Collect(Collect_in *in, Collect_out *out)
{
    web_request *request = in->peer->request;
    PASS_ON(in, out);
    int error =
        gateway_collect(&request->gateway, &request->exchange, &in->peer->connection.stream);
    out->patience = http_limits_remaining(request->exchange.deadline);
    return error;
}

int Lease(Lease_in *in, Lease_out *out)
{
    PASS_ON(in, out);
    return upstream_take(upstream, &in->peer->request->gateway.connection);
}

static int ask(client *peer)
{
    web_request *request = peer->request;
    const struct file *file = request->file;
    const struct connection *connection = &peer->connection;
    /* The script is known by its path within the root; what follows it begins with a slash. */
    const char *name = file->script != NULL ? file->script : file->path;
    size_t length = file->script != NULL ? strlen(name) : file->script_length;
    char script[PATH_MAX + 1] = "/";
    if (length >= sizeof script)
        return ENAMETOOLONG;
    memcpy(script + 1, name, length);

    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    getsockname(connection->stream.socket, (struct sockaddr *)&address, &size);
    struct cgi_request told = {
        .http = &request->exchange.request,
        .root = {root, strlen(root)},
        .script = {script, length + 1},
        .info = {file->path + file->script_length, strlen(file->path) - file->script_length},
        .tls = connection->stream.tls != NULL,
        .client = connection->peer,
        .server = peer_of(&address),
    };
    return gateway_ask(&request->gateway, &told, &request->exchange);
}

int Dial(Dial_in *in, Dial_out *out)
{
    struct gateway *gateway = &in->peer->request->gateway;
    PASS(in, socket, out, upstream);
    int error = ask(in->peer);
    if (error == 0)
        error = upstream_dial(gateway->connection);
    out->upstream = gateway->connection->socket;
    out->patience = patience_with_php();
    return error;
}

int Connected(Connected_in *in, Connected_out *out)
{
    PASS(in, upstream, out, upstream);
    return upstream_dialled(in->peer->request->gateway.connection);
}

int Carry(Carry_in *in, Carry_out *out)
{
    web_request *request = in->peer->request;
    struct gateway *gateway = &request->gateway;
    PASS(in, upstream, out, events);
    int error = gateway_carry(gateway, &request->exchange, &in->peer->connection.stream);
    out->events = gateway->connection->events;
    out->patience =
        gateway->starved ? http_limits_remaining(request->exchange.deadline) : patience_with_php();
    return error;
}

/* Something can be carried further, or php-fpm has something to say already. */
int Stir(Stir_in *in, Stir_out *out)
{
    web_request *request = in->peer->request;
    PASS(in, events, out, events);
    if (request->gateway.begun && !response_sent(&request->exchange.response))
        return 0;
    return gateway_hear(&request->gateway, request->head_only);
}

/* ---- the answer ------------------------------------------------------------------------------ */

int Attend(Attend_in *in, Attend_out *out)
{
    PASS(in, socket, out, upstream);
    out->upstream = in->peer->request->gateway.connection->socket;
    out->patience = patience_with_php();
    return 0;
}

int Hear(Hear_in *in, Hear_out *out)
{
    web_request *request = in->peer->request;
    PASS(in, upstream, out, upstream);
    return gateway_hear(&request->gateway, request->head_only);
}

int Reply(Reply_in *in, Reply_out *out)
{
    web_request *request = in->peer->request;
    PASS(in, upstream, out, socket);
    out->socket = in->peer->connection.stream.socket;
    request->exchange.keep_alive = connection_may_go_on(&request->exchange);
    gateway_answer(&request->gateway, &request->exchange);
    return 0;
}

int GoOn(GoOn_in *in, GoOn_out *out)
{
    web_request *request = in->peer->request;
    PASS(in, upstream, out, socket);
    out->socket = in->peer->connection.stream.socket;
    gateway_continue(&request->gateway, &request->exchange);
    return 0;
}

int GiveBack(GiveBack_in *in, GiveBack_out *out)
{
    struct gateway *gateway = &in->peer->request->gateway;
    PASS_ON(in, out);
    upstream_give(upstream, gateway->connection, gateway_is_reusable(gateway));
    gateway->connection = NULL;
    return 0;
}

/* ---- what can fail --------------------------------------------------------------------------- */

/* Who has been too slow, and whether it is worth another try. */
int Excuse(Excuse_in *in, Excuse_out *out)
{
    web_request *request = in->peer->request;
    struct gateway *gateway = &request->gateway;
    int error = in->error;
    PASS_ON(in, out);
    if (gateway_may_retry(gateway, &request->exchange.request, error)) {
        upstream_hang_up(gateway->connection);
        gateway->again = true;
        return 0;
    }
    gateway->spoiled = true;
    if (error == ETIMEDOUT && !gateway->starved)
        error = ETIME;
    if (error == ETIME || error == EREMOTEIO || error == EOVERFLOW)
        flux_log(FLUX_WARNING, "/%s: php-fpm %s", request->path,
                 error == ETIME ? "is late" : "has not answered as it must");
    return error;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool IsScript(client *peer)
{
    const web_request *request = peer->request;
    return request->error == 0 && request->file != NULL && request->file->kind == FILE_SCRIPT;
}

bool IsMissing(client *peer)
{
    return gateway_collects(&peer->request->gateway, &peer->request->exchange);
}

bool IsDialling(client *peer)
{
    return peer->request->gateway.connection->dialling;
}

bool IsAsking(client *peer)
{
    const struct gateway *gateway = &peer->request->gateway;
    return !gateway->asked && !gateway->ended;
}

bool IsSilent(client *peer)
{
    return gateway_is_silent(&peer->request->gateway);
}

bool IsUnanswered(client *peer)
{
    return IsAsking(peer) && IsSilent(peer);
}

bool IsConveying(client *peer)
{
    return gateway_has_more(&peer->request->gateway) && IsAsking(peer);
}

bool IsUnfinished(client *peer)
{
    return gateway_has_more(&peer->request->gateway);
}

bool IsToldAgain(client *peer)
{
    return peer->request->gateway.again;
}

bool IsLeased(client *peer)
{
    return peer->request != NULL && peer->request->gateway.connection != NULL;
}

/* locate.c - what the path of a request leads to, by way of the cache. Find, Keep, Abandon and
 * KeepCompressed hold the constraint `files`. */
#include "web_flux.h"

#include "accept.h"
#include "flux.h"
#include "http_limits.h"
#include "path.h"
#include "tls.h"

#include <errno.h>
#include <strings.h>

static enum method method_of(struct http_text method)
{
    if (http_text_is(method, "GET"))
        return GET;
    if (http_text_is(method, "HEAD"))
        return HEAD;
    return http_text_is(method, "OPTIONS") ? OPTIONS : OTHER;
}

/* OPTIONS * */
static bool is_about_server(const web_request *request)
{
    return request->method == OPTIONS && http_text_is(request->exchange.request.path, "*");
}

/* What is to be had under TLS alone is not given away in the clear (RFC 9110, section 7.4). */
static bool is_misdirected(const struct http_request *http)
{
    static const char scheme[] = "https:";
    const size_t length = sizeof scheme - 1;
    return http->target.length > length && strncasecmp(http->target.at, scheme, length) == 0 &&
           !tls_wanted();
}

int ParseHead(ParseHead_in *in, ParseHead_out *out)
{
    web_request *request = in->peer->request;
    struct exchange *exchange = &request->exchange;
    const struct http_request *http = &exchange->request;
    PASS_ON(in, out);
    int error = request->error;
    if (error == 0)
        error = exchange_parse_head(exchange);
    if (error != 0 || http->stage == HTTP_IN_HEAD) {
        out->patience = http_limits_remaining(exchange->deadline);
        return error;
    }
    request->method = method_of(http->method);
    request->head_only = request->method == HEAD;
    if (is_misdirected(http))
        request->error = EDESTADDRREQ;
    else if (!is_about_server(request))
        request->error = path_of_target(http->path, request->path, sizeof request->path);
    return 0;
}

/* With the constraint held, since others may be adding it. */
static void note_gzip(web_request *request)
{
    const struct file *file = request->file;
    if (file == NULL || !file->compressible)
        return;
    request->takes_gzip = accept_gzip(&request->exchange.request);
    request->gzip = file->gzip;
}

int Find(Find_in *in, Find_out *out)
{
    web_request *request = in->peer->request;
    PASS_ON(in, out);
    request->fresh = request->error != 0 || is_about_server(request);
    if (!request->fresh)
        request->file = files_find(files, request->path, http_limits_now(), &request->fresh);
    note_gzip(request);
    return 0;
}

bool IsFresh(client *peer)
{
    return peer->request->fresh;
}

int Open(Open_in *in, Open_out *out)
{
    web_request *request = in->peer->request;
    int error;
    PASS_ON(in, out);
    request->looked = http_limits_now();
    request->found = file_open(&settings.files, request->path, request->file, &error);
    return error;
}

int Keep(Keep_in *in, Keep_out *out)
{
    web_request *request = in->peer->request;
    PASS_ON(in, out);
    request->file = files_keep(files, request->file, request->found, request->looked);
    request->found = NULL;
    note_gzip(request);
    return 0;
}

/* Nothing is known of the path now; whoever comes next looks again. */
int Abandon(Abandon_in *in, Abandon_out *out)
{
    web_request *request = in->peer->request;
    (void)out;
    if (request->file != NULL)
        files_keep(files, request->file, NULL, http_limits_now());
    if (in->error == EMFILE || in->error == ENFILE)
        files_shed(files);
    return in->error;
}

/* ---- compressed ------------------------------------------------------------------------------ */

bool IsPackable(client *peer)
{
    const web_request *request = peer->request;
    const struct file *file = request->file;
    return request->takes_gzip && request->gzip == NULL && file->bytes != NULL;
}

int Compress(Compress_in *in, Compress_out *out)
{
    web_request *request = in->peer->request;
    PASS_ON(in, out);
    request->compressed = file_compress(request->file);
    return 0;
}

int KeepCompressed(KeepCompressed_in *in, KeepCompressed_out *out)
{
    web_request *request = in->peer->request;
    PASS_ON(in, out);
    if (request->compressed != NULL)
        files_keep_gzip(files, request->file, request->compressed);
    request->compressed = NULL;
    note_gzip(request);
    return 0;
}

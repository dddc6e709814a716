/* request.c - what a client asks for, and what it is told. */
#include "image_flux.h"

#include "conditions.h"
#include "flux.h"
#include "http_limits.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ETAG_SIZE 32

int Parse(Parse_in *in, Parse_out *out)
{
    struct exchange *exchange = &in->peer->request->exchange;
    PASS_ON(in, out);
    int error = exchange_parse(exchange);
    out->patience = http_limits_remaining(exchange->deadline);
    return error;
}

/* ---- which image ----------------------------------------------------------------------------- */

/* A name is letters, digits, '-', '_' and '.', and does not begin with a dot; so there is no slash
 * in it, and it stays within the root whatever it is. */
static bool is_name(const char *name, size_t length)
{
    if (length == 0 || name[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("-_.", name[i]) == NULL)
            return false;
    return true;
}

/* /NAME.jpg becomes NAME.ppm. */
static int parse_path(struct http_text path, char file[NAME_MAX + 1])
{
    char text[NAME_MAX + 2];
    int error = http_target_decode(path, text, sizeof text);
    if (error != 0)
        return error == ENAMETOOLONG ? ENOENT : error;
    size_t length = strlen(text);
    const size_t suffix = strlen(".jpg");
    if (length < 1 + suffix || text[0] != '/' || strcmp(text + length - suffix, ".jpg") != 0)
        return ENOENT;
    size_t name = length - 1 - suffix;
    if (!is_name(text + 1, name))
        return ENOENT;
    memcpy(file, text + 1, name);
    strcpy(file + name, ".ppm");
    return 0;
}

/* size=1..8, once; other words of a query do not concern us. */
static int parse_query(struct http_text query, unsigned *size)
{
    struct http_text name, value;
    *size = 0;
    while (http_query_next(&query, &name, &value)) {
        if (!http_text_is(name, "size"))
            continue;
        if (*size != 0 || value.length != 1 || value.at[0] < '1' || value.at[0] > '8')
            return EINVAL;
        *size = (unsigned)(value.at[0] - '0');
    }
    if (*size == 0)
        *size = 8;
    return 0;
}

/* Another number when the file has changed, or the way it is compressed. */
static uint64_t version_of(const struct stat *file)
{
    const uint64_t facts[] = {(uint64_t)file->st_mtim.tv_sec, (uint64_t)file->st_mtim.tv_nsec,
                              (uint64_t)file->st_size, (uint64_t)file->st_ino, settings.quality};
    uint64_t version = 0;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        version = (version ^ facts[i]) * UINT64_C(0x9e3779b97f4a7c15);
        version ^= version >> 29;
    }
    return version;
}

static void write_etag(const image_tag *request, char etag[ETAG_SIZE])
{
    snprintf(etag, ETAG_SIZE, "\"%016llx-%u\"", (unsigned long long)request->version,
             request->size);
}

int Find(Find_in *in, Find_out *out)
{
    image_tag *request = in->peer->request;
    const struct http_request *http = &request->exchange.request;
    struct stat file;
    char etag[ETAG_SIZE];
    PASS_ON(in, out);

    if (!http_text_is(http->method, "GET") && !http_text_is(http->method, "HEAD"))
        return ENOTSUP;
    int error = parse_path(http->path, request->file);
    if (error == 0)
        error = parse_query(http->query, &request->size);
    if (error != 0)
        return error;
    if (fstatat(settings.root_fd, request->file, &file, AT_SYMLINK_NOFOLLOW) != 0)
        return errno;
    if (!S_ISREG(file.st_mode))
        return ENOENT;

    request->version = version_of(&file);
    write_etag(request, etag);
    enum condition_result result = conditions_check(http, true, etag, -1);
    request->unchanged = result == CONDITION_NOT_MODIFIED;
    return result == CONDITION_FAILED ? ESTALE : 0;
}

bool IsUnchanged(client *peer)
{
    return peer->request->unchanged;
}

/* ---- the response ---------------------------------------------------------------------------- */

int Compose(Compose_in *in, Compose_out *out)
{
    image_tag *request = in->peer->request;
    struct exchange *exchange = &request->exchange;
    struct response *response = &exchange->response;
    char etag[ETAG_SIZE];
    PASS_ON(in, out);

    exchange->keep_alive = connection_may_go_on(exchange);
    response_begin(response, request->unchanged ? 304 : 200, exchange->request.minor,
                   exchange->keep_alive);
    write_etag(request, etag);
    response_field(response, "ETag", "%s", etag);
    if (!request->unchanged) {
        response_field(response, "Content-Type", "image/jpeg");
        response_field(response, "Content-Length", "%zu", request->entry->size);
    }
    response_end(response);
    if (!request->unchanged && !http_text_is(exchange->request.method, "HEAD"))
        response_body(response, request->entry->data, request->entry->size);
    return 0;
}

int Apologise(Apologise_in *in, Apologise_out *out)
{
    struct exchange *exchange = &in->peer->request->exchange;
    const struct response_case *answer = response_case(in->error);
    PASS_ON(in, out);
    if (answer == NULL)
        return in->error;
    if (answer->status == 500)
        flux_log(FLUX_WARNING, "%s: %s", in->peer->request->file, flux_strerror(in->error));

    exchange->keep_alive = connection_may_go_on(exchange) && !answer->closes;
    response_message(&exchange->response, answer, exchange->request.minor, exchange->keep_alive,
                     exchange_is_head(exchange),
                     answer->status == 405 ? "Allow: GET, HEAD\r\n" : NULL);
    return 0;
}

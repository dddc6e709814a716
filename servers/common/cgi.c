#include "cgi.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define TEXT(literal) ((struct http_text){literal, sizeof(literal) - 1})

/* ---- the request ----------------------------------------------------------------------------- */

/* More fields than this are an attack: each is compared with those before it. */
#define MOST_FIELDS 128

struct field {
    struct http_text name, value;
    bool told; /* with an earlier one of the same name */
};

static struct http_text decimal(char to[20], uint64_t number)
{
    size_t at = 20;
    do
        to[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return (struct http_text){to + at, 20 - at};
}

/* The host that the request names, without its port. */
static struct http_text host_name(struct http_text host)
{
    const char *bracket =
        host.length > 0 && host.at[0] == '[' ? memchr(host.at, ']', host.length) : NULL;
    size_t from = bracket != NULL ? (size_t)(bracket - host.at) : 0;
    const char *colon = memchr(host.at + from, ':', host.length - from);
    return (struct http_text){host.at, colon != NULL ? (size_t)(colon - host.at) : host.length};
}

/* REQUEST_URI, which is no variable of the RFC: the target in origin form, as it came. */
static void request_uri(const struct http_request *http, struct fastcgi_output *output)
{
    struct http_text name = TEXT("REQUEST_URI"), path = http->path, query = http->query;
    bool asks = query.at != NULL;
    if (path.length == 0)
        path = TEXT("/");
    fastcgi_parameter_lengths(output, name.length, path.length + (asks ? 1 + query.length : 0));
    fastcgi_parameter_bytes(output, name.at, name.length);
    fastcgi_parameter_bytes(output, path.at, path.length);
    if (asks) {
        fastcgi_parameter_bytes(output, "?", 1);
        fastcgi_parameter_bytes(output, query.at, query.length);
    }
}

/* The script as a file, and as a part of the target. */
static void script_variables(const struct cgi_request *request, struct fastcgi_output *output)
{
    struct http_text file = TEXT("SCRIPT_FILENAME"), uri = TEXT("DOCUMENT_URI");
    fastcgi_parameter_lengths(output, file.length, request->root.length + request->script.length);
    fastcgi_parameter_bytes(output, file.at, file.length);
    fastcgi_parameter_bytes(output, request->root.at, request->root.length);
    fastcgi_parameter_bytes(output, request->script.at, request->script.length);
    fastcgi_parameter(output, TEXT("SCRIPT_NAME"), request->script);
    if (request->info.length > 0)
        fastcgi_parameter(output, TEXT("PATH_INFO"), request->info);
    /* Present where there is no query too (section 4.1.7). */
    fastcgi_parameter(output, TEXT("QUERY_STRING"), request->http->query);
    request_uri(request->http, output);
    fastcgi_parameter_lengths(output, uri.length, request->script.length + request->info.length);
    fastcgi_parameter_bytes(output, uri.at, uri.length);
    fastcgi_parameter_bytes(output, request->script.at, request->script.length);
    fastcgi_parameter_bytes(output, request->info.at, request->info.length);
    fastcgi_parameter(output, TEXT("DOCUMENT_ROOT"), request->root);
}

static void address_variables(const struct cgi_request *request, struct fastcgi_output *output)
{
    char client[PEER_TEXT_SIZE], server[PEER_TEXT_SIZE], number[20];
    peer_text(&request->client, client);
    peer_text(&request->server, server);
    struct http_text address = {server, strlen(server)};
    struct http_text host = request->http->host;

    fastcgi_parameter(output, TEXT("REMOTE_ADDR"), (struct http_text){client, strlen(client)});
    fastcgi_parameter(output, TEXT("REMOTE_PORT"), decimal(number, request->client.port));
    fastcgi_parameter(output, TEXT("SERVER_ADDR"), address);
    fastcgi_parameter(output, TEXT("SERVER_PORT"), decimal(number, request->server.port));
    fastcgi_parameter(output, TEXT("SERVER_NAME"), host.length > 0 ? host_name(host) : address);
    if (request->tls)
        fastcgi_parameter(output, TEXT("HTTPS"), TEXT("on"));
}

/* Whether a field becomes a variable HTTP_NAME (section 4.1.18): not those that are variables of
 * their own or concern this connection alone; not Proxy, as HTTP_PROXY is what programs take their
 * proxy from (CVE-2016-5385); and not names that are more than letters, digits and hyphens, since
 * Content_Length would look like Content-Length then. */
static bool is_told(struct http_text name)
{
    static const char *const untold[] = {
        "Connection", "Content-Length",    "Content-Type", "Keep-Alive", "Proxy",
        "TE",         "Transfer-Encoding", "Upgrade",
    };
    for (size_t i = 0; i < sizeof untold / sizeof untold[0]; i++)
        if (http_text_is_nocase(name, untold[i]))
            return false;
    for (size_t i = 0; i < name.length; i++)
        if (!isalnum((unsigned char)name.at[i]) && name.at[i] != '-')
            return false;
    return true;
}

static bool same_name(struct http_text a, struct http_text b)
{
    return a.length == b.length && strncasecmp(a.at, b.at, a.length) == 0;
}

/* HTTP_USER_AGENT for User-Agent. */
static void variable_name(struct fastcgi_output *output, struct http_text field)
{
    fastcgi_parameter_bytes(output, "HTTP_", 5);
    for (size_t i = 0; i < field.length; i++) {
        char c = field.at[i] == '-' ? '_' : (char)toupper((unsigned char)field.at[i]);
        fastcgi_parameter_bytes(output, &c, 1);
    }
}

/* A variable for fields[at] and all that have the same name, which are one list (RFC 9110, section
 * 5.3), or a list of cookies (RFC 9113, section 8.2.3, for those that HTTP/2 has split). */
static void field_variable(struct field *fields, size_t at, size_t count,
                           struct fastcgi_output *output)
{
    const struct http_text name = fields[at].name;
    const char *separator = http_text_is_nocase(name, "Cookie") ? "; " : ", ";
    size_t length = fields[at].value.length;
    for (size_t i = at + 1; i < count; i++) {
        if (same_name(fields[i].name, name)) {
            fields[i].told = true;
            length += 2 + fields[i].value.length;
        }
    }
    fastcgi_parameter_lengths(output, 5 + name.length, length);
    variable_name(output, name);
    fastcgi_parameter_bytes(output, fields[at].value.at, fields[at].value.length);
    for (size_t i = at + 1; i < count; i++) {
        if (same_name(fields[i].name, name)) {
            fastcgi_parameter_bytes(output, separator, 2);
            fastcgi_parameter_bytes(output, fields[i].value.at, fields[i].value.length);
        }
    }
}

static int field_variables(const struct cgi_request *request, struct fastcgi_output *output)
{
    struct field fields[MOST_FIELDS], next = {0};
    struct http_text rest = request->http->fields;
    size_t count = 0;
    while (http_fields_next(&rest, &next.name, &next.value)) {
        if (count == MOST_FIELDS)
            return EMSGSIZE;
        fields[count++] = next;
    }
    for (size_t i = 0; i < count; i++) {
        if (!fields[i].told && is_told(fields[i].name))
            field_variable(fields, i, count, output);
    }
    return 0;
}

int cgi_variables(const struct cgi_request *request, struct fastcgi_output *output)
{
    char number[20];
    fastcgi_parameter(output, TEXT("GATEWAY_INTERFACE"), TEXT("CGI/1.1"));
    fastcgi_parameter(output, TEXT("SERVER_SOFTWARE"), TEXT("flux"));
    fastcgi_parameter(output, TEXT("SERVER_PROTOCOL"),
                      request->http->minor > 0 ? TEXT("HTTP/1.1") : TEXT("HTTP/1.0"));
    /* php-fpm may be told to run nothing without it. */
    fastcgi_parameter(output, TEXT("REDIRECT_STATUS"), TEXT("200"));
    fastcgi_parameter(output, TEXT("REQUEST_METHOD"), request->http->method);
    script_variables(request, output);
    address_variables(request, output);
    if (request->http->has_body)
        fastcgi_parameter(output, TEXT("CONTENT_LENGTH"), decimal(number, request->length));
    if (request->http->has_body && request->http->content_type.at != NULL)
        fastcgi_parameter(output, TEXT("CONTENT_TYPE"), request->http->content_type);
    return field_variables(request, output);
}

/* ---- the response ---------------------------------------------------------------------------- */

void cgi_response_reset(struct cgi_response *response)
{
    memset(response, 0, offsetof(struct cgi_response, fields));
}

/* "404 Not Found"; the reason is the server's to say. One below 200 would not be the response. */
static int note_status(struct cgi_response *response, struct http_text value)
{
    if (response->has_status || value.length < 3 || (value.length > 3 && value.at[3] != ' '))
        return EREMOTEIO;
    for (int i = 0; i < 3; i++) {
        if (!isdigit((unsigned char)value.at[i]))
            return EREMOTEIO;
        response->status = response->status * 10 + (unsigned)(value.at[i] - '0');
    }
    response->has_status = true;
    return response->status >= 200 && response->status <= 599 ? 0 : EREMOTEIO;
}

static int note_length(struct cgi_response *response, struct http_text value)
{
    if (response->has_length || value.length == 0)
        return EREMOTEIO;
    for (size_t i = 0; i < value.length; i++) {
        if (!isdigit((unsigned char)value.at[i]) || response->length > (UINT64_MAX - 9) / 10)
            return EREMOTEIO;
        response->length = response->length * 10 + (uint64_t)(value.at[i] - '0');
    }
    response->has_length = true;
    return 0;
}

static int note_type(struct cgi_response *response, struct http_text value)
{
    (void)value;
    bool again = response->has_type;
    response->has_type = true;
    return again ? EREMOTEIO : 0;
}

static int note_location(struct cgi_response *response, struct http_text value)
{
    (void)value;
    bool again = response->has_location;
    response->has_location = true;
    return again ? EREMOTEIO : 0;
}

/* The fields of section 6.3, each of which a script says once; those of RFC 9110, section 7.6.1,
 * which are about a connection that the script does not have; those that the server adds. */
static const struct special {
    const char *name;
    bool passed_on;
    int (*note)(struct cgi_response *response, struct http_text value);
} specials[] = {
    {"Status", false, note_status},    {"Content-Length", false, note_length},
    {"Content-Type", true, note_type}, {"Location", true, note_location},
    {"Connection", false, NULL},       {"Keep-Alive", false, NULL},
    {"Proxy-Connection", false, NULL}, {"TE", false, NULL},
    {"Trailer", false, NULL},          {"Transfer-Encoding", false, NULL},
    {"Upgrade", false, NULL},          {"Date", false, NULL},
    {"Server", false, NULL},
};

static bool is_name(struct http_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (!isalnum(c) && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL))
            return false;
    }
    return text.length > 0;
}

/* Control characters are how one field is made two (response splitting). */
static bool is_value(struct http_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static int take_field(struct cgi_response *response, struct http_text line, bool *passed_on)
{
    const char *colon = memchr(line.at, ':', line.length);
    if (colon == NULL)
        return EREMOTEIO;
    struct http_text name = {line.at, (size_t)(colon - line.at)};
    struct http_text value = {colon + 1, line.length - name.length - 1};
    if (!is_name(name) || !is_value(value))
        return EREMOTEIO;
    *passed_on = true;
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        if (http_text_is_nocase(name, specials[i].name)) {
            *passed_on = specials[i].passed_on;
            return specials[i].note != NULL ? specials[i].note(response, http_text_trimmed(value))
                                            : 0;
        }
    }
    return 0;
}

/* The last line of `fields` is complete, but for its end. It stays there if it is passed on. */
static int take_line(struct cgi_response *response)
{
    struct http_text line = {response->fields + response->line, response->used - response->line};
    bool passed_on = false;
    if (line.length > 0 && line.at[line.length - 1] == '\r')
        line.length--;
    if (line.length == 0) {
        response->used = response->line;
        response->whole = true;
        if (!response->has_status)
            response->status = response->has_location ? 302 : 200;
        return 0;
    }
    int error = take_field(response, line, &passed_on);
    if (passed_on) {
        response->used = response->line + line.length;
        memcpy(response->fields + response->used, "\r\n", 2);
        response->line = response->used += 2;
    } else {
        response->used = response->line;
    }
    return error;
}

int cgi_response_take(struct cgi_response *response, struct http_text data, size_t *used)
{
    *used = 0;
    while (!response->whole && *used < data.length) {
        const char *at = data.at + *used;
        const char *end = memchr(at, '\n', data.length - *used);
        size_t here = end != NULL ? (size_t)(end - at) : data.length - *used;
        /* Lines that are not passed on count as well; each has room for its CR LF. */
        response->seen += here + (end != NULL);
        if (response->seen > CGI_HEAD_SIZE || here + 2 > CGI_HEAD_SIZE - response->used)
            return EOVERFLOW;
        memcpy(response->fields + response->used, at, here);
        response->used += here;
        *used += here + (end != NULL);
        if (end == NULL)
            return 0;
        int error = take_line(response);
        if (error != 0)
            return error;
    }
    return 0;
}

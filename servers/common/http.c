#include "http.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

/* ---- characters ------------------------------------------------------------------------------ */

enum {
    CHAR_TOKEN = 1, /* tchar: RFC 9110, section 5.6.2 */
    CHAR_TARGET =
        2,         /* whatever is visible but '#', as no fragment is sent: RFC 9112, section 3.2 */
    CHAR_HOST = 4, /* unreserved and sub-delims, of hosts: RFC 3986, section 3.2.2 */
};

/* By code; those above 0x7f are nothing of this. */
static const unsigned char classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* control characters */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* control characters */
    0, 7, 2, 1, 7, 3, 7, 7, 6, 6, 7, 7, 6, 7, 7, 2, /* space, to slash */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 6, 2, 6, 2, 2, /* 0 to 9, to question mark */
    2, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* at, A to O */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 2, 2, 3, 7, /* P to Z, to underscore */
    3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* grave, a to o */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 2, 3, 2, 7, 0, /* p to z, to DEL */
};

static bool is_in(char c, unsigned char class)
{
    return (classes[(unsigned char)c] & class) != 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first character that is not one of these. */
static const char *pass(const char *at, const char *end, unsigned char class)
{
    while (at < end && is_in(*at, class))
        at++;
    return at;
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* The first control character, DEL included; `end` where there is none. Sixteen bytes at a time
 * become as many that are 0xff where there is one. */
static const char *find_control(const char *at, const char *end)
{
    for (; end - at >= 16; at += 16) {
        bytes16 bytes;
        uint64_t found[2];
        memcpy(&bytes, at, sizeof bytes);
        bytes = (bytes16)((bytes < ' ') | (bytes == 0x7f));
        memcpy(found, &bytes, sizeof found);
        if (found[0] != 0)
            return at + __builtin_ctzll(le64toh(found[0])) / 8;
        if (found[1] != 0)
            return at + 8 + __builtin_ctzll(le64toh(found[1])) / 8;
    }
    while (at < end && (unsigned char)*at >= ' ' && *at != 0x7f)
        at++;
    return at;
}

/* What a line may have in it, up to its end: tabs are no control characters here. */
static const char *find_line_end(const char *at, const char *end)
{
    while ((at = find_control(at, end)) < end && *at == '\t')
        at++;
    return at;
}

/* ---- what fields say ------------------------------------------------------------------------- */

static int note_text(struct http_request *request, struct http_text *text, struct http_text value)
{
    (void)request;
    *text = value;
    return 0;
}

static int note_list(struct http_request *request, struct http_text *text, struct http_text value)
{
    if (text->at == NULL)
        *text = value;
    else
        request->repeats = true;
    return 0;
}

static int note_single(struct http_request *request, struct http_text *text, struct http_text value)
{
    (void)request;
    if (text->at == NULL)
        *text = value;
    else
        text->length = 0;
    return 0;
}

/* Of two media types, one would be checked on the way here, and the other one be used. */
static int note_type(struct http_request *request, struct http_text *text, struct http_text value)
{
    (void)request;
    if (text->at != NULL)
        return EBADMSG;
    *text = value;
    return 0;
}

/* The length of "[...]" at the beginning: an address of IPv6, or of what comes after it. */
static size_t literal_length(struct http_text text)
{
    size_t i = 1;
    while (i < text.length && (is_in(text.at[i], CHAR_HOST) || text.at[i] == ':'))
        i++;
    return i > 1 && i < text.length && text.at[i] == ']' ? i + 1 : 0;
}

/* The length of a name, or of an address of IPv4, at the beginning. */
static size_t name_length(struct http_text text)
{
    const char *at = text.at, *const end = at + text.length;
    char c;
    while ((at = pass(at, end, CHAR_HOST)) < end && *at == '%' &&
           http_target_escape((struct http_text){at, (size_t)(end - at)}, &c))
        at += strlen("%XX");
    return (size_t)(at - text.at);
}

/* Host, and port if there is one: of a field Host or of a target in absolute form. */
static bool is_authority(struct http_text text)
{
    const bool is_literal = text.length > 0 && text.at[0] == '[';
    size_t i = is_literal ? literal_length(text) : name_length(text);
    if (i < text.length && text.at[i] != ':')
        return false;
    while (++i < text.length)
        if (!is_digit(text.at[i]))
            return false;
    return true;
}

static int note_host(struct http_request *request, struct http_text *text, struct http_text value)
{
    (void)request;
    if (text->at != NULL || !is_authority(value))
        return EBADMSG;
    *text = value;
    return 0;
}

static int note_length(struct http_request *request, struct http_text *text, struct http_text value)
{
    (void)text;
    /* A repeated length is refused even if both are equal: RFC 9112, section 6.3, allows that. */
    if (request->has_length || value.length == 0)
        return EBADMSG;
    uint64_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (!is_digit(value.at[i]) || length > (UINT64_MAX - 9) / 10)
            return EBADMSG;
        length = length * 10 + (uint64_t)(value.at[i] - '0');
    }
    request->has_length = true;
    request->left = length;
    return 0;
}

static bool is_token(struct http_text text)
{
    size_t i = 0;
    while (i < text.length && is_in(text.at[i], CHAR_TOKEN))
        i++;
    return i > 0 && i == text.length;
}

/* RFC 9112, section 6.3: where chunked is not the last of them, nobody knows where the body ends.
 */
static int note_coding(struct http_request *request, struct http_text *text, struct http_text value)
{
    struct http_text coding;
    (void)text;
    while (http_text_cut(&value, ',', &coding)) {
        coding = http_text_trimmed(coding);
        if (request->chunked || !is_token(coding))
            return EBADMSG;
        if (http_text_is_nocase(coding, "chunked"))
            request->chunked = true;
        else
            request->other_coding = true;
    }
    return 0;
}

/* "close" wins over "keep-alive", wherever they stand. */
static int note_connection(struct http_request *request, struct http_text *text,
                           struct http_text value)
{
    struct http_text word;
    (void)text;
    while (http_text_cut(&value, ',', &word)) {
        word = http_text_trimmed(word);
        if (http_text_is_nocase(word, "close"))
            request->closes = true;
        else if (http_text_is_nocase(word, "keep-alive"))
            request->keep_alive = true;
    }
    return 0;
}

/* RFC 9110, section 10.1.1. HTTP/1.0 does not know the field. */
static int note_expect(struct http_request *request, struct http_text *text, struct http_text value)
{
    struct http_text word;
    (void)text;
    while (request->minor > 0 && http_text_cut(&value, ',', &word)) {
        word = http_text_trimmed(word);
        if (http_text_is_nocase(word, "100-continue"))
            request->expects_continue = true;
        else if (word.length > 0)
            return ENOPROTOOPT;
    }
    return 0;
}

/* ---- which field it is ----------------------------------------------------------------------- */

/* A field's place: no two of those below share one. */
#define FIELD_SLOTS           64
#define FIELD_SLOT(size, end) ((8 * (size) + (size_t)(end)) % FIELD_SLOTS)

/* The name in small letters, and the last of these. */
#define FIELD(name, end, note, text)                                                               \
    [FIELD_SLOT(sizeof(name) - 1, end)] = {name, sizeof(name) - 1, note,                           \
                                           offsetof(struct http_request, text)}

static const struct field {
    const char *name;
    size_t length;
    int (*note)(struct http_request *request, struct http_text *text, struct http_text value);
    size_t text; /* where in the request it is noted, by those that note a text */
} fields[FIELD_SLOTS] = {
    FIELD("accept-encoding", 'g', note_list, accept_encoding),
    FIELD("connection", 'n', note_connection, line),
    FIELD("content-length", 'h', note_length, line),
    FIELD("content-type", 'e', note_type, content_type),
    FIELD("expect", 't', note_expect, line),
    FIELD("host", 't', note_host, host),
    FIELD("if-match", 'h', note_list, if_match),
    FIELD("if-modified-since", 'e', note_single, if_modified_since),
    FIELD("if-none-match", 'h', note_list, if_none_match),
    FIELD("if-range", 'e', note_single, if_range),
    FIELD("if-unmodified-since", 'e', note_single, if_unmodified_since),
    FIELD("range", 'e', note_single, range),
    FIELD("referer", 'r', note_text, referer),
    FIELD("transfer-encoding", 'g', note_coding, line),
    FIELD("user-agent", 't', note_text, user_agent),
};

/* Capitals become small letters by one bit, which no other character of a token has to be changed
 * by to become a letter or a hyphen. */
static const struct field *field_named(struct http_text name)
{
    const size_t last = (size_t)name.at[name.length - 1] | 0x20;
    const struct field *field = &fields[FIELD_SLOT(name.length, last)];
    if (field->length != name.length)
        return NULL;
    for (size_t i = 0; i < name.length; i++)
        if ((name.at[i] | 0x20) != field->name[i])
            return NULL;
    return field;
}

/* ---- the parts of a head --------------------------------------------------------------------- */

#define METHOD(name)                                                                               \
    {                                                                                              \
        name, sizeof(name) - 1                                                                     \
    }

static bool is_known_method(struct http_text method)
{
    static const struct http_text methods[] = {
        METHOD("HEAD"),      METHOD("POST"),     METHOD("OPTIONS"),     METHOD("PUT"),
        METHOD("DELETE"),    METHOD("PATCH"),    METHOD("TRACE"),       METHOD("PROPFIND"),
        METHOD("PROPPATCH"), METHOD("MKCOL"),    METHOD("COPY"),        METHOD("MOVE"),
        METHOD("LOCK"),      METHOD("UNLOCK"),   METHOD("SEARCH"),      METHOD("BIND"),
        METHOD("REBIND"),    METHOD("UNBIND"),   METHOD("ACL"),         METHOD("REPORT"),
        METHOD("CHECKOUT"),  METHOD("MERGE"),    METHOD("MKACTIVITY"),  METHOD("MKCALENDAR"),
        METHOD("LINK"),      METHOD("UNLINK"),   METHOD("PURGE"),       METHOD("NOTIFY"),
        METHOD("SUBSCRIBE"), METHOD("M-SEARCH"), METHOD("UNSUBSCRIBE"), METHOD("SOURCE"),
    };
    if (http_text_is(method, "GET")) /* most of what comes */
        return true;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (method.length == methods[i].length &&
            memcmp(method.at, methods[i].at, method.length) == 0)
            return true;
    return false;
}

/* RFC 9112, section 3.2. The authority form is for CONNECT, and so for proxies. */
static int take_target(struct http_request *request)
{
    const struct http_text target = request->target;
    if (http_text_is(target, "*") && http_text_is(request->method, "OPTIONS")) {
        request->path = target;
        return 0;
    }
    return http_target_split(target, &request->path, &request->query) == 0 ? 0 : EBADMSG;
}

/* A host in the target is the one that counts (RFC 9112, section 3.2.2). */
static int take_target_host(struct http_request *request)
{
    const struct http_text target = request->target;
    if (request->path.at == target.at)
        return 0;
    const char *scheme_end = memchr(target.at, ':', target.length);
    struct http_text authority = {.at = scheme_end + strlen("://")};
    authority.length = (size_t)(request->path.at - authority.at);
    if (authority.length == 0 || authority.at[0] == ':' || !is_authority(authority))
        return EBADMSG;
    request->host = authority;
    return 0;
}

/* Of a head that goes wrong here: it is malformed, or there is no more of it yet. */
static int stopped(const char *at, const char *end)
{
    return at == end ? EAGAIN : EBADMSG;
}

/* The constant has to come here. */
static inline int expect(const char **at, const char *end, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(end - *at) >= length && memcmp(*at, word, length) == 0) {
        *at += length;
        return 0;
    }
    while (*at < end && **at == *word)
        (*at)++, word++;
    return stopped(*at, end);
}

/* A digit has to come here. */
static inline int take_digit(unsigned *digit, const char **at, const char *end)
{
    if (*at == end || !is_digit(**at))
        return stopped(*at, end);
    *digit = (unsigned)(*(*at)++ - '0');
    return 0;
}

/* HTTP/1.1 */
static int take_version(struct http_request *request, const char **at, const char *end)
{
    int error = expect(at, end, "HTTP/");
    if (error == 0)
        error = take_digit(&request->major, at, end);
    if (error == 0)
        error = expect(at, end, ".");
    return error != 0 ? error : take_digit(&request->minor, at, end);
}

/* The request line: METHOD SP TARGET SP VERSION, each space a single one (RFC 9112, section 3). */
static int take_line(struct http_request *request, const char **at, const char *end)
{
    const char *from = *at, *to = pass(from, end, CHAR_TOKEN);
    request->method = (struct http_text){from, (size_t)(to - from)};
    if (to == end || to == from || *to != ' ')
        return stopped(to, end);
    from = to + 1;
    to = pass(from, end, CHAR_TARGET);
    request->target = (struct http_text){from, (size_t)(to - from)};
    if (to == end || to == from || *to != ' ')
        return stopped(to, end);
    to++;
    int error = take_version(request, &to, end);
    request->line = (struct http_text){*at, (size_t)(to - *at)};
    if (error == 0)
        error = expect(&to, end, "\r\n");
    *at = to;
    if (error != 0)
        return error;
    if (request->major != 1)
        return EPROTONOSUPPORT;
    if (!is_known_method(request->method))
        return ENOSYS;
    return take_target(request);
}

/* NAME ":" VALUE, without a blank before the colon (RFC 9112, section 5). A line that begins with a
 * blank would go on with the one before for some, and not for others (section 5.2), as would one
 * that is ended by a line feed alone (section 2.2). */
static int take_field(struct http_request *request, const char **at, const char *end)
{
    const char *from = *at, *to = pass(from, end, CHAR_TOKEN);
    const struct http_text name = {from, (size_t)(to - from)};
    if (to == end || to == from || *to != ':')
        return stopped(to, end);
    from = to + 1;
    to = find_line_end(from, end);
    struct http_text value = {from, (size_t)(to - from)};
    int error = expect(&to, end, "\r\n");
    *at = to;
    if (error != 0)
        return error;
    const struct field *field = field_named(name);
    if (field == NULL)
        return 0;
    return field->note(request, (struct http_text *)((char *)request + field->text),
                       http_text_trimmed(value));
}

/* The lines behind the request line, with the empty one. */
static int take_fields(struct http_request *request, const char **at, const char *end)
{
    const char *const from = *at;
    int error = 0;
    while (error == 0 && !(*at < end && **at == '\r'))
        error = take_field(request, at, end);
    request->fields = (struct http_text){from, (size_t)(*at - from)};
    return error != 0 ? error : expect(at, end, "\r\n");
}

/* What the fields say together. */
static int check(struct http_request *request)
{
    /* RFC 9112, section 3.2: a request of HTTP/1.1 names its host, once. */
    if (request->minor > 0 && request->host.at == NULL)
        return EBADMSG;
    /* Section 6.1: both framings at once, and a coding that an HTTP/1.0 hop would have passed on
     * without understanding it, are how requests are smuggled. */
    if ((request->chunked || request->other_coding) &&
        (request->has_length || request->minor == 0 || !request->chunked))
        return EBADMSG;
    if (request->other_coding)
        return ENOSYS;
    request->has_body = request->chunked || request->has_length;
    if (request->closes)
        request->keep_alive = false;
    return take_target_host(request);
}

static int parse(struct http_request *request, const char **at, const char *end)
{
    int error = 0;
    /* Empty lines ahead of a request are passed over: RFC 9112, section 2.2. */
    while (error == 0 && *at < end && **at == '\r')
        error = expect(at, end, "\r\n");
    if (error == 0)
        error = take_line(request, at, end);
    request->keep_alive = request->minor > 0;
    return error != 0 ? error : take_fields(request, at, end);
}

int http_head_parse(struct http_request *request, const char *data, size_t length, size_t *end)
{
    const char *at = data, *const stop = data + length;
    int error = parse(request, &at, stop);
    *end = 0;
    if (error == EAGAIN)
        return 0;
    if (error != 0 && request->line.at == NULL)
        request->line = (struct http_text){data, (size_t)(find_line_end(data, stop) - data)};
    if (error != 0)
        return error;
    *end = (size_t)(at - data);
    return check(request);
}

bool http_head_advances(const char *more, size_t length)
{
    return find_line_end(more, more + length) < more + length;
}

/* ---- all fields ------------------------------------------------------------------------------ */

bool http_fields_next(struct http_text *rest, struct http_text *name, struct http_text *value)
{
    if (rest->length == 0 || !http_text_cut(rest, ':', name) || !http_text_cut(rest, '\r', value))
        return false;
    *value = http_text_trimmed(*value);
    rest->at++; /* the LF */
    rest->length--;
    return true;
}

bool http_fields_named(struct http_text *rest, const char *name, struct http_text *value)
{
    struct http_text this;
    while (http_fields_next(rest, &this, value))
        if (http_text_is_nocase(this, name))
            return true;
    return false;
}

#include "http_lines.h"

#include <errno.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<llhttp.h>)
#define HAVE_LLHTTP 1
#endif
#endif

#ifdef HAVE_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser;
typedef llhttp_settings_t parser_settings;
const char *const http_lines_parser = "llhttp";
#else
#include <http_parser.h>
typedef http_parser parser;
typedef http_parser_settings parser_settings;
const char *const http_lines_parser = "http_parser";
#endif

/* What the callbacks collect. A field is handed on when the next one begins: only then is it sure
 * that no more of its value follows. A value that is empty may not be reported at all. */
struct cutting {
    struct http_lines *lines;
    struct http_text name, value;
    bool complete;
    int error;
};

/* A text comes in one piece, or in adjacent ones. */
static void extend(struct http_text *text, const char *at, size_t length)
{
    if (text->at == NULL)
        text->at = at;
    text->length = (size_t)(at + length - text->at);
}

static int hand_on(struct cutting *cutting)
{
    if (cutting->name.at == NULL)
        return 0;
    struct http_text name = cutting->name, value = cutting->value;
    if (value.at == NULL)
        value.at = name.at + name.length;
    cutting->name = cutting->value = (struct http_text){0};
    cutting->error = cutting->lines->field(cutting->lines->context, name, value);
    return cutting->error != 0 ? -1 : 0;
}

static int on_target(parser *p, const char *at, size_t length)
{
    struct cutting *cutting = p->data;
    extend(&cutting->lines->target, at, length);
    return 0;
}

static int on_name(parser *p, const char *at, size_t length)
{
    struct cutting *cutting = p->data;
    bool goes_on = cutting->name.at != NULL && cutting->value.at == NULL &&
                   at == cutting->name.at + cutting->name.length;
    if (!goes_on && hand_on(cutting) != 0)
        return -1;
    extend(&cutting->name, at, length);
    return 0;
}

static int on_value(parser *p, const char *at, size_t length)
{
    struct cutting *cutting = p->data;
    extend(&cutting->value, at, length);
    return 0;
}

static int on_complete(parser *p)
{
    struct cutting *cutting = p->data;
    cutting->lines->major = p->http_major;
    cutting->lines->minor = p->http_minor;
    if (hand_on(cutting) != 0)
        return -1;
    cutting->complete = true;
    return 0;
}

/* Returns whether the parser stumbled over the method. */
static bool execute(struct cutting *cutting, const char *head, size_t length)
{
    parser p;
    parser_settings settings;
#ifdef HAVE_LLHTTP
    llhttp_settings_init(&settings);
#else
    http_parser_settings_init(&settings);
#endif
    settings.on_url = on_target;
    settings.on_header_field = on_name;
    settings.on_header_value = on_value;
    settings.on_headers_complete = on_complete;
#ifdef HAVE_LLHTTP
    llhttp_init(&p, HTTP_REQUEST, &settings);
    p.data = cutting;
    return llhttp_execute(&p, head, length) == HPE_INVALID_METHOD;
#else
    http_parser_init(&p, HTTP_REQUEST);
    p.data = cutting;
    http_parser_execute(&p, &settings, head, length);
    return HTTP_PARSER_ERRNO(&p) == HPE_INVALID_METHOD;
#endif
}

int http_lines_parse(struct http_lines *lines, const char *head, size_t length)
{
    struct cutting cutting = {.lines = lines};
    lines->target = (struct http_text){0};
    bool bad_method = execute(&cutting, head, length);
    if (cutting.error != 0)
        return cutting.error;
    if (cutting.complete)
        return 0;
    return bad_method ? ENOSYS : EBADMSG;
}

#include "http.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

int http_target_split(struct http_text target, struct http_text *path, struct http_text *query)
{
    if (target.length > 0 && target.at[0] != '/') {
        const char *const schemes[] = {"http://", "https://"};
        size_t skip = 0;
        for (size_t i = 0; i < 2 && skip == 0; i++) {
            size_t length = strlen(schemes[i]);
            if (target.length > length && strncasecmp(target.at, schemes[i], length) == 0)
                skip = length;
        }
        if (skip == 0)
            return EINVAL;
        while (skip < target.length && target.at[skip] != '/' && target.at[skip] != '?')
            skip++;
        target.at += skip;
        target.length -= skip;
    }
    http_text_cut(&target, '?', path);
    *query = target;
    return 0;
}

static int hex_value(char c)
{
    if (!isxdigit((unsigned char)c))
        return -1;
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

bool http_target_escape(struct http_text text, char *c)
{
    if (text.length < 3)
        return false;
    int high = hex_value(text.at[1]), low = hex_value(text.at[2]);
    *c = (char)(high * 16 + low);
    return high >= 0 && low >= 0 && (high != 0 || low != 0);
}

int http_target_decode(struct http_text text, char *to, size_t room)
{
    size_t out = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '%') {
            if (!http_target_escape((struct http_text){text.at + i, text.length - i}, &c))
                return EINVAL;
            i += 2;
        }
        if (out + 1 >= room)
            return ENAMETOOLONG;
        to[out++] = c;
    }
    if (out >= room)
        return ENAMETOOLONG;
    to[out] = '\0';
    return 0;
}

bool http_query_next(struct http_text *query, struct http_text *name, struct http_text *value)
{
    struct http_text pair;
    if (!http_text_cut(query, '&', &pair))
        return false;
    http_text_cut(&pair, '=', name);
    *value = pair;
    return true;
}

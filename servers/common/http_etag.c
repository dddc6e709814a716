#include "http_etag.h"

static bool is_weak(struct http_text tag)
{
    return tag.length >= 2 && memcmp(tag.at, "W/", 2) == 0;
}

/* etagc: all that is visible but a quotation mark, and what is not ASCII. */
static bool is_tag_char(char c)
{
    return (unsigned char)c > ' ' && c != '"' && c != 0x7f;
}

bool http_etag_cut(struct http_text *rest, struct http_text *tag)
{
    size_t length = is_weak(*rest) ? 2 : 0;
    if (length == rest->length || rest->at[length++] != '"')
        return false;
    while (length < rest->length && is_tag_char(rest->at[length]))
        length++;
    if (length == rest->length || rest->at[length++] != '"')
        return false;
    *tag = (struct http_text){rest->at, length};
    rest->at += length;
    rest->length -= length;
    return true;
}

bool http_etag_matches(struct http_text tag, const char *etag, bool strongly)
{
    struct http_text own = {etag, strlen(etag)};
    struct http_text *const both[] = {&tag, &own};
    for (size_t i = 0; i < 2; i++) {
        if (!is_weak(*both[i]))
            continue;
        if (strongly)
            return false;
        both[i]->at += 2;
        both[i]->length -= 2;
    }
    return tag.length == own.length && memcmp(tag.at, own.at, own.length) == 0;
}

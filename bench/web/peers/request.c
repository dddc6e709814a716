#include "request.h"

#include <string.h>

#define METHOD "GET "

static bool has(const char *bytes, size_t size, const char *text)
{
    return memmem(bytes, size, text, strlen(text)) != NULL;
}

enum request_state request_read(struct request *request, const char *bytes, size_t size)
{
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    const char *path = bytes + sizeof METHOD - 1;
    const char *blank;
    size_t rest;

    if (end == NULL)
        return size >= REQUEST_MOST ? REQUEST_BAD : REQUEST_PART;
    size = (size_t)(end - bytes) + 4;
    if (size < sizeof METHOD - 1 || memcmp(bytes, METHOD, sizeof METHOD - 1) != 0)
        return REQUEST_BAD;
    blank = memchr(path, ' ', size - (sizeof METHOD - 1));
    if (blank == NULL)
        return REQUEST_BAD;
    rest = size - (size_t)(blank - bytes);
    request->path = path;
    request->path_length = (size_t)(blank - path);
    request->size = size;
    if (rest > 9 && memcmp(blank, " HTTP/1.0", 9) == 0)
        request->keep = has(blank, rest, "onnection: keep-alive") || has(blank, rest, "Keep-Alive");
    else
        request->keep = !has(blank, rest, "onnection: close");
    return REQUEST_WHOLE;
}

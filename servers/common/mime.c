#include "mime.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNKNOWN "application/octet-stream"
#define UTF8    "; charset=utf-8"

/* ---- what is known without a list ------------------------------------------------------------ */

static const struct {
    const char *extension, *type;
} known[] = {
    {"html", "text/html" UTF8},
    {"htm", "text/html" UTF8},
    {"css", "text/css" UTF8},
    {"js", "text/javascript" UTF8}, /* RFC 9239 */
    {"mjs", "text/javascript" UTF8},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"wasm", "application/wasm"},
    {"xhtml", "application/xhtml+xml" UTF8},
    {"xml", "application/xml" UTF8},
    {"rss", "application/rss+xml" UTF8},
    {"atom", "application/atom+xml" UTF8},
    {"txt", "text/plain" UTF8},
    {"log", "text/plain" UTF8},
    {"md", "text/markdown" UTF8},
    {"csv", "text/csv" UTF8},
    {"ics", "text/calendar" UTF8},
    {"vtt", "text/vtt" UTF8},
    {"svg", "image/svg+xml" UTF8},
    {"svgz", "application/gzip"}, /* a picture only with Content-Encoding */
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/vnd.microsoft.icon"},
    {"bmp", "image/bmp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"wav", "audio/x-wav"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"tar", "application/x-tar"},
};

static const char *find_known(const char *extension)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasecmp(extension, known[i].extension) == 0)
            return known[i].type;
    return NULL;
}

/* ---- the list -------------------------------------------------------------------------------- */

/* Of the program: filled by mime_load, and not changed any more while flows run. */
static struct entry {
    char *extension; /* and behind its NUL the type */
    size_t place;    /* in the list */
} * list;
static size_t list_length;

static int compare(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int difference = strcasecmp(one->extension, other->extension);
    if (difference != 0)
        return difference;
    return one->place < other->place ? -1 : one->place > other->place;
}

static bool begins(const char *type, const char *with)
{
    return strncasecmp(type, with, strlen(with)) == 0;
}

/* Its parameters do not count, here and below. */
static bool ends(const char *type, const char *with)
{
    size_t length = strcspn(type, ";"), suffix = strlen(with);
    return length >= suffix && strncasecmp(type + length - suffix, with, suffix) == 0;
}

static bool is(const char *type, const char *other)
{
    return strcspn(type, ";") == strlen(other) && begins(type, other);
}

static bool is_text(const char *type)
{
    return begins(type, "text/") || ends(type, "+xml") || ends(type, "/xml") ||
           ends(type, "/javascript");
}

/* It goes into a head as it is. */
static bool is_type(const char *type)
{
    size_t length = strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "!#$&^_.+-/");
    return type[length] == '\0' && strchr(type, '/') != NULL &&
           length + strlen(UTF8) <= MIME_TYPE_LENGTH;
}

static int add(const char *extension, const char *type)
{
    /* Room for one more is made when the length is a power of two. */
    if ((list_length & (list_length - 1)) == 0) {
        size_t room = list_length == 0 ? 1 : 2 * list_length;
        struct entry *larger = realloc(list, room * sizeof *larger);
        if (larger == NULL)
            return ENOMEM;
        list = larger;
    }
    size_t length = strlen(extension) + 1, type_length = strlen(type);
    char *text = malloc(length + type_length + sizeof UTF8);
    if (text == NULL)
        return ENOMEM;
    memcpy(text, extension, length);
    memcpy(text + length, type, type_length + 1);
    if (is_text(type))
        memcpy(text + length + type_length, UTF8, sizeof UTF8);
    list[list_length] = (struct entry){text, list_length};
    list_length++;
    return 0;
}

/* "text/html    html htm"; what follows # is a comment. */
static int add_line(char *line)
{
    const char *const blanks = " \t\r\n";
    char *rest;
    line[strcspn(line, "#")] = '\0';
    const char *type = strtok_r(line, blanks, &rest);
    if (type == NULL || !is_type(type))
        return 0;
    int error = 0;
    for (const char *extension; error == 0 && (extension = strtok_r(NULL, blanks, &rest)) != NULL;)
        error = add(extension, type);
    return error;
}

int mime_load(const char *file)
{
    FILE *stream = fopen(file, "re");
    if (stream == NULL)
        return errno;
    char *line = NULL;
    size_t room = 0;
    int error = 0;
    while (error == 0 && getline(&line, &room, stream) >= 0)
        error = add_line(line);
    if (error == 0 && ferror(stream))
        error = EIO;
    free(line);
    fclose(stream);
    if (list_length > 0)
        qsort(list, list_length, sizeof *list, compare);
    return error;
}

void mime_unload(void)
{
    for (size_t i = 0; i < list_length; i++)
        free(list[i].extension);
    free(list);
    list = NULL;
    list_length = 0;
}

/* The first line of the list counts that has the extension. */
static const char *find_listed(const char *extension)
{
    size_t low = 0, high = list_length;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcasecmp(list[middle].extension, extension) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list_length || strcasecmp(list[low].extension, extension) != 0)
        return NULL;
    return list[low].extension + strlen(list[low].extension) + 1;
}

/* ---- questions ------------------------------------------------------------------------------- */

const char *mime_type(const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    /* A dot at the beginning hides a file. */
    if (dot == NULL || dot == base)
        return UNKNOWN;
    const char *type = find_known(dot + 1);
    if (type == NULL)
        type = find_listed(dot + 1);
    return type != NULL ? type : UNKNOWN;
}

bool mime_is_compressible(const char *type)
{
    static const char *const others[] = {
        "application/json", "application/wasm",  "application/rtf", "application/sql",
        "font/ttf",         "font/otf",          "image/bmp",       "image/vnd.microsoft.icon",
        "image/x-icon",     "application/x-tar",
    };
    if (is_text(type) || ends(type, "+json"))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (is(type, others[i]))
            return true;
    return false;
}

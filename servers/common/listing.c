#include "listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* ---- what is in the folder ------------------------------------------------------------------- */

struct entry {
    char *name;
    bool is_folder;
    uint64_t size;
    time_t modified;
};

struct entries {
    struct entry *all;
    size_t count, room;
    bool has_more;
};

/* Where links in a folder begin. */
struct place {
    int root;
    const char *path; /* of the folder */
    enum path_links links;
};

static int add(struct entries *entries, const char *name, const struct stat *stat)
{
    if (entries->count == entries->room) {
        size_t room = entries->room == 0 ? 64 : 2 * entries->room;
        struct entry *larger = realloc(entries->all, room * sizeof *larger);
        if (larger == NULL)
            return ENOMEM;
        entries->all = larger;
        entries->room = room;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return ENOMEM;
    entries->all[entries->count++] = (struct entry){.name = copy,
                                                    .is_folder = S_ISDIR(stat->st_mode),
                                                    .size = (uint64_t)stat->st_size,
                                                    .modified = stat->st_mtim.tv_sec};
    return 0;
}

/* What a link leads to; false: to nothing that may be sent. */
static bool follow(const struct place *place, const char *name, struct stat *stat)
{
    char path[PATH_MAX];
    int descriptor;
    if (place->links == PATH_NO_LINKS ||
        (size_t)snprintf(path, sizeof path, "%s%s", place->path, name) >= sizeof path ||
        path_open(place->root, path, place->links, &descriptor, stat) != 0)
        return false;
    close(descriptor);
    return true;
}

static bool is_shown(const struct place *place, DIR *folder, const char *name, struct stat *stat)
{
    if (name[0] == '.' || fstatat(dirfd(folder), name, stat, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISLNK(stat->st_mode))
        return follow(place, name, stat);
    return S_ISREG(stat->st_mode) || S_ISDIR(stat->st_mode);
}

static int read_entries(struct entries *entries, const struct place *place, DIR *folder)
{
    int error = 0;
    while (error == 0 && !entries->has_more) {
        struct stat stat;
        errno = 0;
        const struct dirent *found = readdir(folder);
        if (found == NULL)
            return errno;
        if (!is_shown(place, folder, found->d_name, &stat))
            continue;
        if (entries->count == LISTING_MAX)
            entries->has_more = true;
        else
            error = add(entries, found->d_name, &stat);
    }
    return error;
}

static int open_and_read(struct entries *entries, const struct place *place, int folder)
{
    int readable = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (readable < 0)
        return errno;
    DIR *stream = fdopendir(readable);
    if (stream == NULL) {
        int error = errno;
        close(readable);
        return error;
    }
    int error = read_entries(entries, place, stream);
    closedir(stream);
    return error;
}

static void free_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->all[i].name);
    free(entries->all);
}

/* Folders first; then as a person looks names up. */
static int compare(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    if (one->is_folder != other->is_folder)
        return one->is_folder ? -1 : 1;
    int difference = strcasecmp(one->name, other->name);
    return difference != 0 ? difference : strcmp(one->name, other->name);
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The length of the character at `text` if it is valid UTF-8 (RFC 3629, section 4) and no control
 * character; otherwise 0. */
static size_t character_length(const unsigned char *text)
{
    static const struct {
        unsigned char from, to;    /* the first byte */
        unsigned char least, most; /* the second one */
        size_t length;
    } forms[] = {
        {0x20, 0x7e, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (text[0] < forms[i].from || text[0] > forms[i].to)
            continue;
        if (forms[i].length > 1 && (text[1] < forms[i].least || text[1] > forms[i].most))
            return 0;
        for (size_t at = 2; at < forms[i].length; at++)
            if (text[at] < 0x80 || text[at] > 0xbf)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Text in HTML. What cannot be shown is U+FFFD. */
static void put_text(FILE *page, const char *text)
{
    while (*text != '\0') {
        size_t length = character_length((const unsigned char *)text);
        if (length == 0) {
            fputs("\xef\xbf\xbd", page);
            text++;
            continue;
        }
        switch (*text) {
        case '&':
            fputs("&amp;", page);
            break;
        case '<':
            fputs("&lt;", page);
            break;
        case '>':
            fputs("&gt;", page);
            break;
        case '"':
            fputs("&quot;", page);
            break;
        case '\'':
            fputs("&#39;", page);
            break;
        default:
            fwrite(text, 1, length, page);
        }
        text += length;
    }
}

/* A name as a segment of a path: all but what is unreserved (RFC 3986, section 2.3) is escaped, and
 * with it what would make a scheme or a query of it. */
static void put_segment(FILE *page, const char *name)
{
    static const char unreserved[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "-._~";
    for (; *name != '\0'; name++) {
        if (strchr(unreserved, *name) != NULL)
            fputc(*name, page);
        else
            fprintf(page, "%%%02X", (unsigned)(unsigned char)*name);
    }
}

/* "532", "1.5 K", "20 M": in powers of 1024. */
static void put_size(FILE *page, uint64_t size)
{
    static const char units[] = "KMGTPE";
    size_t unit = 0;
    if (size < 1024) {
        fprintf(page, "%u", (unsigned)size);
        return;
    }
    for (; size >= 1024 * 1024; size /= 1024)
        unit++;
    if (size < 10 * 1024)
        fprintf(page, "%u.%u %c", (unsigned)(size / 1024), (unsigned)(size % 1024 * 10 / 1024),
                units[unit]);
    else
        fprintf(page, "%u %c", (unsigned)(size / 1024), units[unit]);
}

static void put_date(FILE *page, time_t when)
{
    struct tm tm;
    char text[40];
    if (gmtime_r(&when, &tm) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm) > 0)
        fputs(text, page);
}

/* ---- the page -------------------------------------------------------------------------------- */

static const char style[] =
    "<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; "
    "padding: 0 1rem }\n"
    "h1 { font-size: 1.4rem; font-weight: 600; overflow-wrap: anywhere }\n"
    "table { width: 100%; border-collapse: collapse }\n"
    "th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884 }\n"
    "th { font-weight: 600; font-size: .85rem; color: #888 }\n"
    "td:first-child { overflow-wrap: anywhere }\n"
    "th + th, td + td { text-align: right; white-space: nowrap; "
    "font-variant-numeric: tabular-nums }\n"
    "a { text-decoration: none }\n"
    "a:hover { text-decoration: underline }\n"
    "tbody tr:hover { background: #8881 }\n"
    "p { color: #888 }\n"
    "</style>\n";

static void put_row(FILE *page, const struct entry *entry)
{
    const char *const slash = entry->is_folder ? "/" : "";
    fputs("<tr><td><a href=\"", page);
    put_segment(page, entry->name);
    fprintf(page, "%s\">", slash);
    put_text(page, entry->name);
    fprintf(page, "%s</a></td><td>", slash);
    if (!entry->is_folder)
        put_size(page, entry->size);
    fputs("</td><td>", page);
    put_date(page, entry->modified);
    fputs("</td></tr>\n", page);
}

static void put_page(FILE *page, const char *path, const struct entries *entries)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Index of /",
          page);
    put_text(page, path);
    fprintf(page, "</title>\n%s</head>\n<body>\n<h1>Index of /", style);
    put_text(page, path);
    fputs("</h1>\n<table>\n<thead><tr><th>Name</th><th>Size</th><th>Modified (UTC)</th></tr>"
          "</thead>\n<tbody>\n",
          page);
    if (path[0] != '\0')
        fputs("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n", page);
    for (size_t i = 0; i < entries->count; i++)
        put_row(page, &entries->all[i]);
    fputs("</tbody>\n</table>\n", page);
    if (entries->has_more)
        fprintf(page, "<p>There is more in this folder than the %zu names shown here.</p>\n",
                entries->count);
    else if (entries->count == 0)
        fputs("<p>There is nothing in this folder.</p>\n", page);
    fputs("</body>\n</html>\n", page);
}

int listing_make(int folder, int root, const char *path, enum path_links links, char **html,
                 size_t *size)
{
    const struct place place = {root, path, links};
    struct entries entries = {0};
    *html = NULL;
    int error = open_and_read(&entries, &place, folder);
    if (error != 0)
        goto done;
    if (entries.count > 0)
        qsort(entries.all, entries.count, sizeof *entries.all, compare);
    FILE *page = open_memstream(html, size);
    if (page == NULL) {
        error = errno;
        goto done;
    }
    put_page(page, path, &entries);
    bool failed = ferror(page) != 0;
    if (fclose(page) != 0 || failed) {
        free(*html);
        *html = NULL;
        error = ENOMEM;
    }
done:
    free_entries(&entries);
    return error;
}

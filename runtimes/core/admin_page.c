/* admin_page.c - what the admin port answers. A request is its first line; what stands below, and
 * after a question mark, does not matter. */
#include "admin.h"
#include "core.h"
#include "metrics.h"
#include "profile/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define TEXT "text/plain; charset=utf-8"

struct answer {
    int status;
    const char *reason, *type;
    char *body;
    size_t size;
};

/* A page: prints it to `out`, and returns its status; 200 where all is well. */
struct page {
    const char *path, *type;
    int (*print)(FILE *out);
};

static int print_health(FILE *out)
{
    bool stopping = atomic_load(&fluxi_stopping);
    fputs(stopping ? "stopping\n" : "ok\n", out);
    return stopping ? 503 : 200;
}

static int print_metrics(FILE *out)
{
    fluxi_metrics_print(out);
    return 200;
}

static int print_profile(FILE *out)
{
    int error = fluxi_profile_print(out);
    if (error == ENOTSUP) {
        fputs("this program has no profile: compile it with fluxc --profile\n", out);
        return 404;
    }
    return error == 0 ? 200 : 503;
}

static int print_index(FILE *out)
{
    fprintf(out, "%s, runtime %s\n\n/healthz\n/metrics\n/profile\n", flux_program.name,
            fluxi_runtime_name);
    return 200;
}

static const struct page pages[] = {
    {"/", TEXT, print_index},
    {"/healthz", TEXT, print_health},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", print_metrics},
    {"/profile", "application/json", print_profile},
};

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {400, "Bad Request"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {431, "Request Header Fields Too Large"}};
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Service Unavailable";
}

/* A word of the first line, from *at on: what comes before a blank or the end of the line. */
static struct word {
    const char *at;
    size_t size;
} next_word(const char **at, const char *end)
{
    struct word word = {.at = *at};
    while (*at < end && **at != ' ' && **at != '\r')
        ++*at;
    word.size = (size_t)(*at - word.at);
    if (*at < end && **at == ' ')
        ++*at;
    return word;
}

static bool is(struct word word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.at, text, word.size) == 0;
}

/* The path of "/metrics?x" and of "http://host/metrics". */
static struct word path_of(struct word target)
{
    if (target.size > 7 && strncasecmp(target.at, "http://", 7) == 0) {
        const char *slash = memchr(target.at + 7, '/', target.size - 7);
        if (slash == NULL)
            return (struct word){"/", 1};
        target.size -= (size_t)(slash - target.at);
        target.at = slash;
    }
    const char *query = memchr(target.at, '?', target.size);
    if (query != NULL)
        target.size = (size_t)(query - target.at);
    return target;
}

static int print_page(FILE *out, struct word method, struct word path, const char **type)
{
    for (unsigned i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!is(path, pages[i].path))
            continue;
        if (!is(method, "GET") && !is(method, "HEAD")) {
            fputs("only GET and HEAD\n", out);
            return 405;
        }
        int status = pages[i].print(out);
        if (status == 200)
            *type = pages[i].type;
        return status;
    }
    fputs("not here; there is /healthz, /metrics and /profile\n", out);
    return 404;
}

/* Prints the body; returns the status. */
static int respond(FILE *out, const char *request, size_t size, const char **type, bool *head)
{
    const char *end = request + size, *line_end = memchr(request, '\n', size);
    const char *at = request, *limit = line_end != NULL ? line_end : end;
    struct word method = next_word(&at, limit), target = next_word(&at, limit);
    struct word version = next_word(&at, limit);

    if (line_end == NULL || (memmem(request, size, "\r\n\r\n", 4) == NULL &&
                             memmem(request, size, "\n\n", 2) == NULL)) {
        fputs("the request is too large\n", out);
        return 431;
    }
    if (method.size == 0 || target.size == 0 || version.size < 6 ||
        memcmp(version.at, "HTTP/", 5) != 0) {
        fputs("this is no request of HTTP/1.1\n", out);
        return 400;
    }
    *head = is(method, "HEAD");
    return print_page(out, method, path_of(target), type);
}

char *fluxi_admin_answer(const char *request, size_t size, size_t *length)
{
    char *body = NULL, *answer = NULL;
    size_t body_size = 0;
    const char *type = TEXT;
    bool head = false;

    FILE *out = open_memstream(&body, &body_size);
    if (out == NULL)
        return NULL;
    int status = respond(out, request, size, &type, &head);
    bool failed = ferror(out) != 0;
    failed |= fclose(out) != 0;
    out = failed ? NULL : open_memstream(&answer, length);
    if (out != NULL) {
        fprintf(out,
                "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                "Cache-Control: no-store\r\n%sConnection: close\r\n\r\n",
                status, reason_of(status), type, body_size,
                status == 405 ? "Allow: GET, HEAD\r\n" : "");
        if (!head)
            fwrite(body, 1, body_size, out);
        failed = ferror(out) != 0;
        failed |= fclose(out) != 0;
        if (failed) {
            free(answer);
            answer = NULL;
        }
    }
    free(body);
    return answer;
}

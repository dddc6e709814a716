#include "requests.h"

#include "flux.h"
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY_MOST   ((uint64_t)64 << 20)
#define TARGET_MOST 8192

struct target {
    char *path;
    double weight;
    char *text; /* the whole request, unless it has a pattern */
    size_t length;
};

static struct target *targets;
static size_t target_count;
static struct sim_distribution mix; /* of targets, or of pages */
static bool mixed;

static char *fields; /* of the user's, each with its end */
static char *body, *own_body;
static size_t body_length;
static uint32_t pages; /* of --zipf; 0: none */

/* ---- URLs ------------------------------------------------------------------------------------ */

static bool is_clean(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f || *text == '#')
            return false;
    return true;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT, up to `end`. */
static const char *read_authority(const char *from, const char *end)
{
    static const char wrong[] = "a host is expected behind the slashes: http://HOST:PORT/PATH";
    const char *host_end = from, *port = NULL;
    bool literal = from < end && *from == '[';
    if (literal)
        from++;
    while (host_end < end && (literal ? *host_end != ']' : *host_end != ':'))
        host_end++;
    size_t length = (size_t)(host_end - from);
    if (host_end < from || length == 0 || length >= sizeof plan.host || memchr(from, '@', length))
        return wrong;
    snprintf(plan.host, sizeof plan.host, "%.*s", (int)length, from);
    if (literal)
        host_end++;
    if (host_end < end)
        port = *host_end == ':' ? host_end + 1 : NULL;
    if (host_end < end && port == NULL)
        return wrong;
    unsigned number = 0;
    for (const char *digit = port; port != NULL && digit < end; digit++) {
        number = number * 10 + (unsigned)(*digit - '0');
        if (*digit < '0' || *digit > '9' || number > 65535)
            return "a port up to 65535 is expected";
    }
    if (port != NULL && number == 0)
        return "a port up to 65535 is expected";
    snprintf(plan.port, sizeof plan.port, "%u", port != NULL ? number : plan.tls ? 443 : 80);
    snprintf(plan.authority, sizeof plan.authority, "%s%s%s%s%s", literal ? "[" : "", plan.host,
             literal ? "]" : "", port != NULL ? ":" : "", port != NULL ? plan.port : "");
    return NULL;
}

/* All are of one server. */
static const char *read_url(const char *url, const char **path)
{
    static const char *const schemes[] = {"http://", "https://"};
    bool tls = strncasecmp(url, schemes[1], strlen(schemes[1])) == 0;
    if (!tls && strncasecmp(url, schemes[0], strlen(schemes[0])) != 0)
        return "http://HOST:PORT/PATH or https://HOST:PORT/PATH is expected";
    const char *from = url + strlen(schemes[tls]), *end = from + strcspn(from, "/?");
    char authority[sizeof plan.authority];
    snprintf(authority, sizeof authority, "%s", plan.authority);
    bool first = plan.url == NULL, same_scheme = plan.tls == tls;
    plan.tls = tls;
    const char *error = read_authority(from, end);
    if (error != NULL)
        return error;
    if (!first && (!same_scheme || strcmp(authority, plan.authority) != 0))
        return "all URLs have to be of one server";
    if (first)
        plan.url = url;
    *path = end;
    return strlen(end) < TARGET_MOST && is_clean(end)
               ? NULL
               : "that is too long, or has blanks or # in it";
}

const char *requests_add(const char *text)
{
    double weight = 1;
    char *rest;
    const char *path, *star = strchr(text, '*'), *colon = strstr(text, "://");
    if (star != NULL && (colon == NULL || star < colon)) {
        weight = strtod(text, &rest);
        if (rest != star || !(weight > 0) || weight > 1e9)
            return "a weight above 0 is expected before the *: 9*http://HOST/PATH";
        text = star + 1;
    }
    const char *error = read_url(text, &path);
    if (error != NULL)
        return error;
    struct target *more = realloc(targets, (target_count + 1) * sizeof *more);
    if (more == NULL)
        return "no memory";
    targets = more;
    char *copy = NULL;
    if (asprintf(&copy, "%s%s", *path == '/' ? "" : "/", path) < 0)
        return "no memory";
    targets[target_count++] = (struct target){.path = copy, .weight = weight};
    return NULL;
}

/* ---- options --------------------------------------------------------------------------------- */

int requests_add_field(const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon == NULL || colon == text || strpbrk(text, "\r\n") != NULL)
        return EINVAL;
    char *more = NULL;
    if (asprintf(&more, "%s%s\r\n", fields != NULL ? fields : "", text) < 0)
        return ENOMEM;
    free(fields);
    fields = more;
    return 0;
}

static int read_body_file(const char *name)
{
    struct stat status;
    int file = open(name, O_RDONLY | O_CLOEXEC);
    int error = file < 0 || fstat(file, &status) != 0 ? errno : 0;
    if (error == 0 && (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > BODY_MOST))
        error = EFBIG;
    if (error == 0) {
        size_t wanted = (size_t)status.st_size;
        body = own_body = malloc(wanted + 1);
        if (own_body == NULL)
            error = ENOMEM;
        while (error == 0 && body_length < wanted) {
            ssize_t got = read(file, body + body_length, wanted - body_length);
            if (got <= 0)
                error = got < 0 ? errno : EIO;
            else
                body_length += (size_t)got;
        }
    }
    if (file >= 0)
        close(file);
    if (error != 0)
        flux_log(FLUX_ERROR, "--body=@%s: %s", name, flux_strerror(error));
    return error;
}

static int read_body(void)
{
    if (plan.body == NULL)
        return 0;
    if (plan.body[0] == '@')
        return read_body_file(plan.body + 1);
    body = (char *)plan.body;
    body_length = strlen(plan.body);
    return 0;
}

static const char *read_zipf(double *exponent)
{
    char *rest;
    unsigned long count = strtoul(plan.zipf, &rest, 10);
    if (rest == plan.zipf || *rest != ',' || count < 1 || count > 10000000)
        return "--zipf: a number of pages and an exponent are expected: 1000,0.8";
    const char *from = rest + 1;
    *exponent = strtod(from, &rest);
    if (rest == from || *rest != '\0' || !(*exponent >= 0) || *exponent > 10)
        return "--zipf: an exponent from 0 to 10 is expected: 1000,0.8";
    pages = (uint32_t)count;
    return NULL;
}

/* ---- the mix --------------------------------------------------------------------------------- */

static int make_mix(size_t count, double exponent)
{
    struct sim_part *parts = calloc(count, sizeof *parts);
    if (parts == NULL)
        return ENOMEM;
    for (size_t i = 0; i < count; i++) {
        double weight = pages > 0 ? 1 / pow((double)(i + 1), exponent) : targets[i].weight;
        parts[i] = (struct sim_part){.low = (double)i, .high = (double)i, .weight = weight};
    }
    if (!sim_distribution_histogram(&mix, parts, (unsigned)count))
        return ENOMEM;
    mix.scale = 1;
    mixed = true;
    return 0;
}

uint32_t requests_pick(struct sim_random *random)
{
    return mixed ? (uint32_t)sim_distribution_draw(&mix, random) : 0;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* The request for a path that is given in up to three parts. */
static int compose(char **to, const char *before, const char *number, const char *after)
{
    char length[48] = "";
    if (body_length > 0 || strcmp(plan.method, "POST") == 0 || strcmp(plan.method, "PUT") == 0)
        snprintf(length, sizeof length, "Content-Length: %zu\r\n", body_length);
    int size =
        asprintf(to, "%s %s%s%s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n%*s", plan.method, before, number,
                 after, plan.authority, plan.no_keep_alive ? "Connection: close\r\n" : "",
                 fields != NULL ? fields : "", length, (int)body_length, "");
    if (size < 0)
        return -1;
    if (body_length > 0)
        memcpy(*to + (size_t)size - body_length, body, body_length);
    return size;
}

static int compose_all(void)
{
    for (size_t i = 0; i < target_count; i++) {
        int size = compose(&targets[i].text, targets[i].path, "", "");
        if (size < 0) {
            targets[i].text = NULL;
            return ENOMEM;
        }
        targets[i].length = (size_t)size;
    }
    return 0;
}

/* What is for one request alone. */
static int compose_own(client *me, const char *before, const char *number, const char *after)
{
    free(me->own);
    int size = compose(&me->own, before, number, after);
    if (size < 0) {
        me->own = NULL;
        return ENOMEM;
    }
    me->text = me->own;
    me->length = (size_t)size;
    return 0;
}

int requests_compose(client *me)
{
    if (plan.workload.kind == WORKLOAD_TRACE) {
        const char *path = plan.workload.targets[me->target];
        if (path != NULL)
            return compose_own(me, path, "", "");
    } else if (pages > 0) {
        const char *pattern = strstr(targets[0].path, "%u");
        char before[TARGET_MOST], number[12];
        snprintf(before, sizeof before, "%.*s", (int)(pattern - targets[0].path), targets[0].path);
        snprintf(number, sizeof number, "%u", me->target + 1);
        return compose_own(me, before, number, pattern + 2);
    }
    const struct target *target = &targets[me->target < target_count ? me->target : 0];
    me->text = target->text;
    me->length = target->length;
    return 0;
}

bool requests_of_head(void)
{
    return strcmp(plan.method, "HEAD") == 0;
}

/* ---- the beginning and the end --------------------------------------------------------------- */

static int refuse(const char *why)
{
    flux_log(FLUX_ERROR, "%s", why);
    return EINVAL;
}

static bool is_token(const char *text)
{
    return *text != '\0' && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                              "0123456789!#$%&'*+-.^_`|~")] == '\0';
}

int requests_prepare(void)
{
    double exponent = 0;
    bool pattern = strstr(targets[0].path, "%u") != NULL;
    const char *wrong = plan.zipf != NULL ? read_zipf(&exponent) : NULL;
    if (wrong != NULL)
        return refuse(wrong);
    if (!is_token(plan.method) || strcmp(plan.method, "CONNECT") == 0)
        return refuse("--method: the name of a method is expected, such as GET or HEAD");
    if (pages > 0 && (target_count != 1 || !pattern))
        return refuse("--zipf: one URL is expected, with %u in it");
    if (pages > 0 && plan.workload.kind == WORKLOAD_TRACE)
        return refuse("--zipf: a trace says by itself what is asked for");
    int error = read_body();
    if (error == 0 && (pages > 0 || target_count > 1))
        error = make_mix(pages > 0 ? pages : target_count, exponent);
    if (error == 0)
        error = compose_all();
    return error;
}

void requests_free(void)
{
    for (size_t i = 0; i < target_count; i++) {
        free(targets[i].path);
        free(targets[i].text);
    }
    free(targets);
    free(fields);
    free(own_body);
    if (mixed)
        sim_distribution_free(&mix);
    targets = NULL;
    target_count = 0;
}

#include "workload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STREAM_ARRIVALS 1

static bool number(const char **text, double *value)
{
    char *end;
    *value = strtod(*text, &end);
    if (end == *text || !isfinite(*value) || *value < 0)
        return false;
    *text = end;
    return true;
}

static bool comma(const char **text)
{
    if (**text != ',')
        return false;
    ++*text;
    return true;
}

/* A mere time is an exponential pause of that mean. */
static const char *parse_pause(struct workload *to, const char *text)
{
    const char *error = sim_distribution_parse(&to->pause, text);
    if (error == NULL && to->pause.shape == SIM_CONSTANT && strncmp(text, "const:", 6) != 0)
        to->pause.shape = SIM_EXPONENTIAL;
    return error;
}

static const char *parse_rate(struct workload *to, const char *text)
{
    return number(&text, &to->rate) && *text == '\0' && to->rate >= 1e-9 && to->rate <= 1e9
               ? NULL
               : "a rate above 0 is expected: open:poisson:100";
}

static const char *parse_closed(struct workload *to, const char *text)
{
    if (!number(&text, &to->clients) || to->clients < 1 || to->clients != floor(to->clients) ||
        to->clients > WORKLOAD_CLIENTS_MOST || !comma(&text))
        return "a number of clients and a pause are expected: closed:10,1s";
    return parse_pause(to, text);
}

static const char *parse_partly(struct workload *to, const char *text)
{
    if (!number(&text, &to->rate) || to->rate < 1e-9 || to->rate > 1e9 || !comma(&text) ||
        !number(&text, &to->again) || to->again >= 1 || !comma(&text))
        return "a rate, a probability below 1 and a pause are expected: partly:10,0.8,1s";
    return parse_pause(to, text);
}

/* ---- traces ---------------------------------------------------------------------------------- */

/* A line of a trace. */
struct entry {
    double time;
    size_t number; /* of the line: what is of one time stays in order */
    char *target;  /* or NULL */
    bool rounded;  /* to seconds: of a log */
};

struct entries {
    struct entry *all;
    size_t count, room;
};

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->all[i].target);
    free(entries->all);
}

/* What is asked for: the first word of `text`, or the second, behind a method, if it begins with a
 * slash. A copy in *to; false: no memory. */
static bool copy_target(char **to, const char *text)
{
    static const char blanks[] = " \t", ends[] = " \t\r\n\"";
    text += strspn(text, blanks);
    if (*text != '/') {
        text += strcspn(text, ends);
        text += strspn(text, blanks);
    }
    if (*text != '/')
        return true;
    *to = strndup(text, strcspn(text, ends));
    return *to != NULL;
}

/* "10/Oct/2000:13:55:36 -0700]" as seconds since 1970. */
static bool log_time(const char *text, double *time)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = {0};
    char month[4], sign;
    int hours, minutes;
    if (sscanf(text, "%2d/%3[A-Za-z]/%4d:%2d:%2d:%2d %c%2d%2d]", &tm.tm_mday, month, &tm.tm_year,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &sign, &hours, &minutes) != 9 ||
        strlen(month) != 3 || (sign != '+' && sign != '-'))
        return false;
    const char *found = strstr(months, month);
    if (found == NULL || (found - months) % 3 != 0)
        return false;
    tm.tm_mon = (int)(found - months) / 3;
    tm.tm_year -= 1900;
    int ahead = 3600 * hours + 60 * minutes;
    *time = (double)timegm(&tm) - (sign == '+' ? ahead : -ahead);
    return true;
}

/* A line of a log in the Common Log Format, or the Combined one: of 127.0.0.1 - - [TIME] "GET
 * TARGET HTTP/1.1" 200 17. */
static const char *read_log_line(struct entry *to, const char *line)
{
    const char *time = strchr(line, '['), *request = strchr(line, '"');
    if (time == NULL || request == NULL || request < time || !log_time(time + 1, &to->time))
        return "neither 'SECONDS [TARGET]' nor of the Common Log Format";
    to->rounded = true;
    return copy_target(&to->target, request + 1) ? NULL : "no memory";
}

static const char *read_line(struct entry *to, const char *line)
{
    char *end;
    to->time = strtod(line, &end);
    if (end == line || strchr(" \t\r\n", *end) == NULL)
        return read_log_line(to, line);
    if (!isfinite(to->time))
        return "that is no time";
    return copy_target(&to->target, end) ? NULL : "no memory";
}

static struct entry *next_entry(struct entries *entries)
{
    if (entries->count == entries->room) {
        size_t room = entries->room == 0 ? 1024 : 2 * entries->room;
        struct entry *all = realloc(entries->all, room * sizeof *all);
        if (all == NULL)
            return NULL;
        entries->all = all;
        entries->room = room;
    }
    entries->all[entries->count] = (struct entry){0};
    return &entries->all[entries->count++];
}

static const char *read_lines(struct entries *entries, FILE *file)
{
    static _Thread_local char wrong[100];
    const char *error = NULL;
    char *line = NULL;
    size_t room = 0, number = 0;
    errno = 0;
    while (error == NULL && getline(&line, &room, file) >= 0) {
        number++;
        if (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0')
            continue;
        struct entry *entry = next_entry(entries);
        error = entry != NULL ? read_line(entry, line) : "no memory";
        if (error != NULL) {
            snprintf(wrong, sizeof wrong, "line %zu of the trace: %s", number, error);
            error = wrong;
        } else {
            entry->number = number;
        }
    }
    free(line);
    if (error == NULL && (ferror(file) || errno == ENOMEM))
        return strerror(errno);
    return error == NULL && entries->count == 0 ? "the trace is empty" : error;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    if (one->time != other->time)
        return one->time > other->time ? 1 : -1;
    return (one->number > other->number) - (one->number < other->number);
}

/* A log knows seconds only: what came within one is spread over it. */
static void spread(struct entries *entries)
{
    for (size_t i = 0, next; i < entries->count; i = next) {
        double second = entries->all[i].time;
        next = i + 1;
        while (next < entries->count && entries->all[next].time == second)
            next++;
        for (size_t k = i; k < next; k++)
            if (entries->all[k].rounded)
                entries->all[k].time += (double)(k - i) / (double)(next - i);
    }
}

static const char *take_entries(struct workload *to, struct entries *entries, double speed)
{
    qsort(entries->all, entries->count, sizeof *entries->all, compare_entries);
    spread(entries);
    qsort(entries->all, entries->count, sizeof *entries->all, compare_entries);
    to->times = calloc(entries->count, sizeof *to->times);
    to->targets = calloc(entries->count, sizeof *to->targets);
    if (to->times == NULL || to->targets == NULL)
        return "no memory for the trace";
    to->time_count = entries->count;
    for (size_t i = 0; i < entries->count; i++) {
        to->times[i] = (entries->all[i].time - entries->all[0].time) / speed;
        to->targets[i] = entries->all[i].target;
        entries->all[i].target = NULL;
    }
    double length = to->times[to->time_count - 1];
    if (!isfinite(length))
        return "the trace is too long";
    to->rate = length > 0 ? (double)to->time_count / length : 0;
    return NULL;
}

static const char *read_trace(struct workload *to, FILE *file, double speed)
{
    struct entries entries = {0};
    const char *error = read_lines(&entries, file);
    if (error == NULL)
        error = take_entries(to, &entries, speed);
    entries_free(&entries);
    return error;
}

static const char *parse_trace(struct workload *to, const char *text)
{
    char name[4096];
    double speed = 1;
    const char *end = strstr(text, ",x");
    if (end != NULL) {
        const char *at = end + 2;
        if (!number(&at, &speed) || *at != '\0' || speed <= 0)
            return "a speed above 0 is expected: trace:FILE,x2";
    }
    size_t length = end != NULL ? (size_t)(end - text) : strlen(text);
    if (length >= sizeof name)
        return "the name of the trace is too long";
    memcpy(name, text, length);
    name[length] = '\0';
    FILE *file = fopen(name, "re");
    if (file == NULL)
        return strerror(errno);
    const char *error = read_trace(to, file, speed);
    fclose(file);
    return error;
}

/* ---- the workload ---------------------------------------------------------------------------- */

const char *workload_parse(struct workload *to, const char *text)
{
    static const struct {
        const char *name;
        enum workload_kind kind;
        const char *(*parse)(struct workload *to, const char *text);
    } kinds[] = {
        {"open:poisson:", WORKLOAD_POISSON, parse_rate},
        {"open:const:", WORKLOAD_CONSTANT, parse_rate},
        {"closed:", WORKLOAD_CLOSED, parse_closed},
        {"partly:", WORKLOAD_PARTLY, parse_partly},
        {"trace:", WORKLOAD_TRACE, parse_trace},
    };
    *to = (struct workload){.pause = {.scale = 1}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(text, kinds[i].name, length) == 0) {
            to->kind = kinds[i].kind;
            return kinds[i].parse(to, text + length);
        }
    }
    return "open:poisson:R, open:const:R, closed:N,Z, partly:R,P,Z or trace:FILE is expected";
}

void workload_free(struct workload *workload)
{
    sim_distribution_free(&workload->pause);
    for (size_t i = 0; workload->targets != NULL && i < workload->time_count; i++)
        free(workload->targets[i]);
    free(workload->targets);
    free(workload->times);
    workload->targets = NULL;
    workload->times = NULL;
}

bool workload_is_open(const struct workload *workload)
{
    return workload->kind != WORKLOAD_CLOSED;
}

void workload_scale(struct workload *workload, double rate)
{
    if (workload->kind == WORKLOAD_CLOSED)
        workload->clients = floor(rate + 0.5);
    for (size_t i = 0; i < workload->time_count; i++)
        workload->times[i] *= workload->rate / rate;
    workload->rate = rate;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

void arrivals_start(struct arrivals *arrivals, const struct workload *workload, uint64_t seed,
                    uint32_t replication, uint32_t source)
{
    *arrivals = (struct arrivals){.workload = workload};
    sim_random_start(&arrivals->random, seed, replication, SIM_STREAM(STREAM_ARRIVALS, source));
}

double arrivals_next(struct arrivals *arrivals)
{
    const struct workload *workload = arrivals->workload;
    size_t number = arrivals->count++;
    switch (workload->kind) {
    case WORKLOAD_POISSON:
    case WORKLOAD_PARTLY:
        arrivals->time += sim_random_exponential(&arrivals->random) / workload->rate;
        break;
    case WORKLOAD_CONSTANT: /* no sum, which would drift */
        arrivals->time = (double)(number + 1) / workload->rate;
        break;
    case WORKLOAD_CLOSED:
        return (double)number < workload->clients ? 0 : -1;
    case WORKLOAD_TRACE:
        return number < workload->time_count ? workload->times[number] : -1;
    case WORKLOAD_NONE:
        return -1;
    }
    return arrivals->time;
}

void arrivals_print(const struct workload *workload, uint64_t seed, unsigned count)
{
    struct arrivals arrivals;
    arrivals_start(&arrivals, workload, seed, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        double time = arrivals_next(&arrivals);
        if (time < 0)
            break;
        printf("%.9f\n", time);
    }
}

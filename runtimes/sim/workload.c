#include "workload.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE_ARRIVALS 1u

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

static bool add_time(struct workload *to, size_t *room, double time)
{
    if (to->time_count == *room) {
        size_t larger = *room == 0 ? 1024 : 2 * *room;
        double *times = realloc(to->times, larger * sizeof *times);
        if (times == NULL)
            return false;
        to->times = times;
        *room = larger;
    }
    to->times[to->time_count++] = time;
    return true;
}

static int compare_times(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static const char *read_trace(struct workload *to, FILE *file, double speed)
{
    char line[4096];
    size_t room = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char *end;
        double time = strtod(line, &end);
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (end == line || !isfinite(time / speed))
            return "a line of the trace does not begin with a time in seconds";
        if (!add_time(to, &room, time / speed))
            return "no memory for the trace";
    }
    if (ferror(file))
        return strerror(errno);
    if (to->time_count == 0)
        return "the trace is empty";
    qsort(to->times, to->time_count, sizeof *to->times, compare_times);
    for (size_t i = to->time_count; i-- > 0;)
        to->times[i] -= to->times[0];
    double length = to->times[to->time_count - 1];
    to->rate = length > 0 ? (double)to->time_count / length : 0;
    return NULL;
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
    free(workload->times);
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
                    uint32_t replication)
{
    *arrivals = (struct arrivals){.workload = workload};
    sim_random_start(&arrivals->random, seed, replication, PURPOSE_ARRIVALS);
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

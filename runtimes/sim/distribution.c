#include "distribution.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts ----------------------------------------------------------------------------------- */

double sim_number(const char *text, char **end)
{
    double value = strtod(text, end);
    if (*end > text && (*end)[-1] == '.' && **end == '.')
        --*end;
    return value;
}

const char *sim_time_text(double seconds, char *to, size_t room)
{
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {{1, 1, "s"}, {1e-3, 1e-3, "ms"}, {1e-6, 1e-6, "us"}, {0, 1e-9, "ns"}};
    unsigned i = 0;
    if (!isfinite(seconds)) { /* the width of an interval, of a single replication */
        snprintf(to, room, "unknown");
        return to;
    }
    while (seconds < units[i].from)
        i++;
    snprintf(to, room, "%.4g %s", seconds / units[i].unit, units[i].name);
    return to;
}

bool sim_time_parse(const char *text, double *seconds, const char **rest)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"min", 60}, {"s", 1}};
    char *end;
    double value = sim_number(text, &end);
    if (end == text || !isfinite(value) || value < 0)
        return false;
    *seconds = value;
    *rest = end;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(end, units[i].name, length) == 0) {
            *seconds = value * units[i].seconds;
            *rest = end + length;
            break;
        }
    }
    return *seconds <= SIM_TIME_MOST;
}

static bool number_parse(const char *text, double *value, const char **rest)
{
    char *end;
    *value = strtod(text, &end);
    *rest = end;
    return end != text && isfinite(*value);
}

/* A character that has to follow. */
static bool passes(const char **text, char expected)
{
    if (**text != expected)
        return false;
    ++*text;
    return true;
}

#define BAD_TIME "a time is expected, such as 10us"

static const char *parse_two_times(struct sim_distribution *to, const char *text)
{
    if (!sim_time_parse(text, &to->a, &text) || !passes(&text, ',') ||
        !sim_time_parse(text, &to->b, &text) || *text != '\0' || to->b < to->a)
        return "two times are expected, the smaller first: uniform:1ms,2ms";
    return NULL;
}

static const char *parse_erlang(struct sim_distribution *to, const char *text)
{
    if (!number_parse(text, &to->b, &text) || !passes(&text, ',') ||
        !sim_time_parse(text, &to->a, &text) || *text != '\0' || to->b < 1 || to->b > 1000 ||
        to->b != floor(to->b))
        return "a whole number of stages, up to 1000, and a mean are expected: erlang:4,10ms";
    return NULL;
}

static const char *parse_mean_and_number(struct sim_distribution *to, const char *text)
{
    if (!sim_time_parse(text, &to->a, &text) || !passes(&text, ',') ||
        !number_parse(text, &to->b, &text) || *text != '\0' || to->b <= 0)
        return "a time and a number above 0 are expected: lognormal:10ms,2";
    if (to->shape == SIM_PARETO && to->b <= 1)
        return "an exponent above 1 is expected; with less there is no mean: pareto:1ms,2.5";
    if (to->shape == SIM_LOGNORMAL && to->b > 1000)
        return "a coefficient of variation up to 1000 is expected: lognormal:10ms,2";
    return NULL;
}

#define BAD_PARTS "probabilities and times are expected: 0.9*1ms,0.1*5ms"

static const char *parse_parts(struct sim_distribution *to, const char *text)
{
    unsigned count = 1, at = 0;
    for (const char *c = text; *c != '\0'; c++)
        count += *c == ',';
    struct sim_part *parts = calloc(count, sizeof *parts);
    if (parts == NULL)
        return "no memory";
    for (; at < count; at++) {
        struct sim_part *part = &parts[at];
        if ((at > 0 && !passes(&text, ',')) || !number_parse(text, &part->weight, &text) ||
            part->weight < 0 || !passes(&text, '*') || !sim_time_parse(text, &part->low, &text))
            break;
        part->high = part->low;
        if (strncmp(text, "..", 2) == 0 &&
            (!sim_time_parse(text + 2, &part->high, &text) || part->high < part->low))
            break;
    }
    if (at < count || *text != '\0') {
        free(parts);
        return BAD_PARTS;
    }
    enum sim_shape shape = to->shape;
    bool made = sim_distribution_histogram(to, parts, count);
    to->shape = shape;
    return made ? NULL : BAD_PARTS;
}

const char *sim_distribution_parse(struct sim_distribution *to, const char *text)
{
    static const struct {
        const char *name;
        enum sim_shape shape;
        const char *(*parse)(struct sim_distribution *to, const char *text);
    } shapes[] = {
        {"exp:", SIM_EXPONENTIAL, NULL},
        {"const:", SIM_CONSTANT, NULL},
        {"uniform:", SIM_UNIFORM, parse_two_times},
        {"erlang:", SIM_ERLANG, parse_erlang},
        {"hyper:", SIM_HYPER, parse_parts},
        {"lognormal:", SIM_LOGNORMAL, parse_mean_and_number},
        {"pareto:", SIM_PARETO, parse_mean_and_number},
        {"histogram:", SIM_HISTOGRAM, parse_parts},
    };
    *to = (struct sim_distribution){.scale = 1};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        size_t length = strlen(shapes[i].name);
        if (strncmp(text, shapes[i].name, length) != 0)
            continue;
        to->shape = shapes[i].shape;
        text += length;
        if (shapes[i].parse != NULL)
            return shapes[i].parse(to, text);
        break;
    }
    return sim_time_parse(text, &to->a, &text) && *text == '\0' ? NULL : BAD_TIME;
}

/* ---- tables ---------------------------------------------------------------------------------- */

/* Vose's method: those that have less than their share are filled up by those that have more. */
static void alias(struct sim_part *parts, unsigned count, unsigned *small, unsigned *large)
{
    unsigned smalls = 0, larges = 0;
    for (unsigned i = 0; i < count; i++) {
        parts[i].keep = parts[i].weight * count;
        parts[i].other = i;
        if (parts[i].keep < 1)
            small[smalls++] = i;
        else
            large[larges++] = i;
    }
    while (smalls > 0 && larges > 0) {
        unsigned less = small[--smalls], more = large[--larges];
        parts[less].other = more;
        parts[more].keep -= 1 - parts[less].keep;
        if (parts[more].keep < 1)
            small[smalls++] = more;
        else
            large[larges++] = more;
    }
    while (smalls > 0)
        parts[small[--smalls]].keep = 1;
    while (larges > 0)
        parts[large[--larges]].keep = 1;
}

bool sim_distribution_histogram(struct sim_distribution *to, struct sim_part *parts, unsigned count)
{
    double total = 0;
    unsigned *lists = calloc(2 * (size_t)count + 1, sizeof *lists);
    for (unsigned i = 0; i < count; i++)
        total += parts[i].weight;
    if (lists == NULL || !(total > 0)) {
        free(lists);
        free(parts);
        return false;
    }
    for (unsigned i = 0; i < count; i++)
        parts[i].weight /= total;
    alias(parts, count, lists, lists + count);
    free(lists);
    *to = (struct sim_distribution){
        .shape = SIM_HISTOGRAM, .scale = 1, .parts = parts, .part_count = count};
    return true;
}

void sim_distribution_free(struct sim_distribution *distribution)
{
    free(distribution->parts);
    distribution->parts = NULL;
}

static const struct sim_part *choose(const struct sim_distribution *distribution,
                                     struct sim_random *random)
{
    double at = sim_random_unit(random) * distribution->part_count;
    unsigned index = (unsigned)at;
    const struct sim_part *part = &distribution->parts[index];
    return at - index < part->keep ? part : &distribution->parts[part->other];
}

/* ---- samples --------------------------------------------------------------------------------- */

double sim_distribution_other(const struct sim_distribution *distribution,
                              struct sim_random *random)
{
    const double a = distribution->a, b = distribution->b;
    const struct sim_part *part;
    double sum = 0;
    switch (distribution->shape) {
    case SIM_UNIFORM:
        return a + (b - a) * sim_random_unit(random);
    case SIM_ERLANG:
        for (unsigned i = 0; i < (unsigned)b; i++)
            sum += sim_random_exponential(random);
        return a * sum / b;
    case SIM_LOGNORMAL: {
        double variance = log1p(b * b);
        return a * exp(sqrt(variance) * sim_random_normal(random) - variance / 2);
    }
    case SIM_PARETO:
        return a * exp(sim_random_exponential(random) / b);
    case SIM_HYPER:
        part = choose(distribution, random);
        return part->low * sim_random_exponential(random);
    case SIM_HISTOGRAM:
        part = choose(distribution, random);
        return part->high > part->low
                   ? part->low + (part->high - part->low) * sim_random_unit(random)
                   : part->low;
    case SIM_CONSTANT:
        return a;
    case SIM_EXPONENTIAL:
        return a * sim_random_exponential(random);
    }
    return 0;
}

double sim_distribution_mean(const struct sim_distribution *distribution)
{
    const double a = distribution->a, b = distribution->b;
    double sum = 0;
    switch (distribution->shape) {
    case SIM_CONSTANT:
    case SIM_EXPONENTIAL:
    case SIM_ERLANG:
    case SIM_LOGNORMAL:
        sum = a;
        break;
    case SIM_UNIFORM:
        sum = (a + b) / 2;
        break;
    case SIM_PARETO:
        sum = b > 1 ? a * b / (b - 1) : INFINITY;
        break;
    case SIM_HYPER:
    case SIM_HISTOGRAM:
        for (unsigned i = 0; i < distribution->part_count; i++)
            sum += distribution->parts[i].weight *
                   (distribution->parts[i].low + distribution->parts[i].high) / 2;
        break;
    }
    return sum * distribution->scale;
}

bool sim_distribution_is_zero(const struct sim_distribution *distribution)
{
    return sim_distribution_mean(distribution) == 0;
}

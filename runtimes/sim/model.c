#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- making ---------------------------------------------------------------------------------- */

static void equal_arms(struct node_times *times, unsigned arms)
{
    for (unsigned i = 0; i < arms; i++)
        times->arms[i] = (double)(i + 1) / arms;
}

static bool has_idle_await(const struct flux_sim_source *source)
{
    for (unsigned i = 0; i < source->step_count; i++)
        if (source->steps[i].op == FLUX_SIM_AWAIT && source->steps[i].idle)
            return true;
    return false;
}

static bool holds_idle_await(const struct flux_sim_source *source, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++)
        if (source->steps[i].op == FLUX_SIM_AWAIT && source->steps[i].idle)
            return true;
    return false;
}

/* The turns of the outermost `repeat` in which requests are awaited: one that begins before another
 * is around it. (The body of a `repeat` stands between its beginning and its turns.) */
static bool find_ends(bool **to, const struct flux_sim_source *source)
{
    unsigned outermost = UINT_MAX;
    *to = calloc(source->step_count + 1, sizeof **to);
    for (unsigned i = 0; i < source->step_count; i++) {
        const struct flux_sim_step *step = &source->steps[i];
        if (step->op == FLUX_SIM_TURN && step->next < outermost &&
            holds_idle_await(source, step->next, i))
            outermost = step->next;
    }
    for (unsigned i = 0; *to != NULL && i < source->step_count; i++)
        (*to)[i] = source->steps[i].op == FLUX_SIM_TURN && source->steps[i].next == outermost;
    return *to != NULL;
}

bool model_make(struct model *model, const struct flux_sim_program *program)
{
    *model = (struct model){.program = program};
    model->nodes = calloc(program->node_count + 1, sizeof *model->nodes);
    model->popularity = calloc(program->source_count + 1, sizeof *model->popularity);
    model->workloads = calloc(program->source_count + 1, sizeof *model->workloads);
    model->has_connections = calloc(program->source_count + 1, sizeof *model->has_connections);
    model->ends_request = calloc(program->source_count + 1, sizeof *model->ends_request);
    if (model->nodes == NULL || model->popularity == NULL || model->workloads == NULL ||
        model->has_connections == NULL || model->ends_request == NULL)
        return false;
    for (unsigned i = 0; i < program->source_count; i++) {
        if (!find_ends(&model->ends_request[i], &program->sources[i]))
            return false;
        model->popularity[i].count = 1;
        model->has_connections[i] = has_idle_await(&program->sources[i]);
    }
    for (unsigned i = 0; i < program->node_count; i++) {
        struct node_times *times = &model->nodes[i];
        model->has_blocking = model->has_blocking || program->nodes[i].blocking;
        unsigned arms = program->nodes[i].arms;
        times->cpu.scale = times->blocked.scale = times->disk.scale = times->await.scale = 1;
        times->arms = calloc(arms + 1, sizeof *times->arms);
        if (times->arms == NULL)
            return false;
        equal_arms(times, arms);
    }
    return true;
}

void model_free(struct model *model)
{
    for (unsigned i = 0; model->nodes != NULL && i < model->program->node_count; i++) {
        struct node_times *times = &model->nodes[i];
        sim_distribution_free(&times->cpu);
        sim_distribution_free(&times->cpu_idle);
        sim_distribution_free(&times->blocked);
        sim_distribution_free(&times->disk);
        sim_distribution_free(&times->await);
        free(times->arms);
    }
    for (unsigned i = 0; i < model->program->source_count; i++) {
        if (model->popularity != NULL)
            sim_distribution_free(&model->popularity[i].table);
        if (model->workloads != NULL)
            workload_free(&model->workloads[i]);
        if (model->ends_request != NULL)
            free(model->ends_request[i]);
    }
    free(model->nodes);
    free(model->popularity);
    free(model->workloads);
    free(model->has_connections);
    free(model->ends_request);
}

static bool make_table(struct popularity *popularity)
{
    sim_distribution_free(&popularity->table);
    struct sim_part *parts = calloc(popularity->count, sizeof *parts);
    if (parts == NULL)
        return false;
    for (unsigned k = 0; k < popularity->count; k++) {
        parts[k].low = parts[k].high = k;
        parts[k].weight = pow(k + 1.0, -popularity->exponent);
    }
    return sim_distribution_histogram(&popularity->table, parts, popularity->count);
}

bool model_settle(struct model *model)
{
    for (unsigned i = 0; i < model->program->node_count; i++) {
        struct node_times *times = &model->nodes[i];
        times->has_cpu = !sim_distribution_is_zero(&times->cpu);
        times->has_cpu_idle = !sim_distribution_is_zero(&times->cpu_idle);
        times->has_blocked = !sim_distribution_is_zero(&times->blocked);
        times->has_disk = !sim_distribution_is_zero(&times->disk);
        times->has_await = !sim_distribution_is_zero(&times->await);
    }
    for (unsigned i = 0; i < model->program->source_count; i++)
        if (model->program->sources[i].session && !make_table(&model->popularity[i]))
            return false;
    return true;
}

/* ---- changing -------------------------------------------------------------------------------- */

int model_node(const struct model *model, const char *name, size_t length)
{
    for (unsigned i = 0; i < model->program->node_count; i++) {
        const char *its = model->program->nodes[i].name;
        if (strlen(its) == length && memcmp(its, name, length) == 0)
            return (int)i;
    }
    return -1;
}

int model_source(const struct model *model, const char *name, size_t length)
{
    for (unsigned i = 0; i < model->program->source_count; i++) {
        const char *its = model->program->sources[i].name;
        if (strlen(its) == length && memcmp(its, name, length) == 0)
            return (int)i;
    }
    return -1;
}

bool probability_parse(const char *text, double *to)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text)
        return false;
    if (*end == '%') {
        value /= 100;
        end++;
    }
    *to = value;
    return *end == '\0' && value >= 0 && value <= 1;
}

const char *model_set_node(struct model *model, const char *text)
{
    const char *colon = strchr(text, ':');
    int node = colon != NULL ? model_node(model, text, (size_t)(colon - text)) : -1;
    if (node < 0)
        return "the name of a node and a time, or a factor, are expected: Compress:x0.5";
    struct node_times *times = &model->nodes[node];
    if (colon[1] == 'x') {
        char *end;
        double factor = strtod(colon + 2, &end);
        if (end == colon + 2 || *end != '\0' || !(factor >= 0) || factor > 1e6)
            return "a factor is expected: Compress:x0.5";
        times->cpu.scale *= factor;
        times->cpu_idle.scale *= factor;
        times->blocked.scale *= factor;
        times->disk.scale *= factor;
        return NULL;
    }
    sim_distribution_free(&times->cpu);
    sim_distribution_free(&times->cpu_idle);
    return sim_distribution_parse(&times->cpu, colon + 1);
}

/* The arm has that probability, the others keep their shares of the rest. */
static void set_arm(struct node_times *times, unsigned count, unsigned arm, double probability)
{
    double before = arm > 0 ? times->arms[arm - 1] : 0;
    double others = 1 - (times->arms[arm] - before), sum = 0, last = 0;
    for (unsigned i = 0; i < count; i++) {
        double share = times->arms[i] - last;
        last = times->arms[i];
        if (i == arm)
            sum += probability;
        else if (others > 0)
            sum += share * (1 - probability) / others;
        times->arms[i] = sum;
    }
}

const char *model_set_arm(struct model *model, const char *text)
{
    const char *equal = strrchr(text, '='), *colon = strchr(text, ':');
    double probability;
    if (equal == NULL || !probability_parse(equal + 1, &probability))
        return "a probability is expected: Handler:1=0.9";
    const char *end = colon != NULL && colon < equal ? colon : equal;
    int node = model_node(model, text, (size_t)(end - text));
    if (node < 0)
        return "there is no node of that name";
    if (end == equal) {
        if (!model->program->nodes[node].repeats)
            return "that node does not repeat: for a dispatch, NODE:ARM=PROBABILITY";
        model->nodes[node].again = probability;
        return NULL;
    }
    char *rest;
    unsigned long arm = strtoul(colon + 1, &rest, 10);
    if (rest != equal || arm >= model->program->nodes[node].arms)
        return "that node has no such arm; they are counted from 0";
    set_arm(&model->nodes[node], model->program->nodes[node].arms, (unsigned)arm, probability);
    return NULL;
}

const char *popularity_parse(struct popularity *to, const char *text)
{
    static const char wrong[] = "a number of sessions is expected: 1000, or zipf:1000,0.8";
    char *end;
    bool zipf = strncmp(text, "zipf:", 5) == 0;
    const char *from = zipf ? text + 5 : text;
    unsigned long count = strtoul(from, &end, 10);
    double exponent = 0;
    if (end == from || count < 1 || count > 10000000)
        return wrong;
    if (zipf) {
        if (*end != ',')
            return wrong;
        from = end + 1;
        exponent = strtod(from, &end);
        if (end == from || !(exponent >= 0) || exponent > 10)
            return wrong;
    }
    if (*end != '\0')
        return wrong;
    to->count = (unsigned)count;
    to->exponent = exponent;
    return NULL;
}

/* profile.c - a profile, as `fluxc --emit=profile-template` begins one, into the model. */
#include "model.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char wrong[400];

static const char *bad(const char *where, const char *name, const char *why)
{
    snprintf(wrong, sizeof wrong, "%s: %s: %s", where, name, why);
    return wrong;
}

/* [[low, high, weight], ...] in nanoseconds: what a profile that was measured has. */
static const char *read_histogram(struct sim_distribution *to, const json_t *list)
{
    size_t count = json_array_size(list);
    struct sim_part *parts = calloc(count + 1, sizeof *parts);
    if (parts == NULL)
        return "no memory";
    for (size_t i = 0; i < count; i++) {
        double value[3];
        for (size_t k = 0; k < 3; k++) {
            const json_t *item = json_array_get(json_array_get(list, i), k);
            value[k] = json_is_number(item) ? json_number_value(item) : -1;
        }
        if (!(value[0] >= 0) || !(value[1] >= value[0]) || !(value[2] >= 0) ||
            value[1] > SIM_TIME_MOST * 1e9) {
            free(parts);
            return "a histogram is [[from ns, to ns, count], ...]";
        }
        parts[i] =
            (struct sim_part){.low = value[0] * 1e-9, .high = value[1] * 1e-9, .weight = value[2]};
    }
    return sim_distribution_histogram(to, parts, (unsigned)count) ? NULL
                                                                  : "a histogram without counts";
}

static const char *read_distribution(struct sim_distribution *to, const json_t *value)
{
    sim_distribution_free(to);
    if (json_is_array(value))
        return read_histogram(to, value);
    if (json_is_number(value)) {
        *to = (struct sim_distribution){.a = json_number_value(value), .scale = 1};
        return to->a < 0               ? "a time below 0"
               : to->a > SIM_TIME_MOST ? "a time of more than 1e9 s"
                                       : NULL;
    }
    return json_is_string(value) ? sim_distribution_parse(to, json_string_value(value))
                                 : "a time, a distribution or a histogram is expected";
}

/* Two histograms as one; either may be missing. */
static const char *read_both(struct sim_distribution *to, const json_t *one, const json_t *other)
{
    json_t *both = json_array();
    const char *error = NULL;
    if (both == NULL || (json_is_array(one) && json_array_extend(both, (json_t *)(uintptr_t)one)) ||
        (json_is_array(other) && json_array_extend(both, (json_t *)(uintptr_t)other)))
        error = "no memory";
    else if (json_array_size(both) > 0)
        error = read_distribution(to, both);
    json_decref(both);
    return error;
}

static bool read_probability(double *to, const json_t *value)
{
    if (json_is_string(value))
        return probability_parse(json_string_value(value), to);
    *to = json_number_value(value);
    return json_is_number(value) && *to >= 0 && *to <= 1;
}

static const char *read_node(struct node_times *times, const json_t *object, bool *known,
                             const char **field)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const char *error = NULL;
        *field = key;
        if (json_is_array(value) && json_array_size(value) == 0)
            continue; /* measured, and never seen */
        if (strcmp(key, "cpu") == 0)
            error = read_distribution(&times->cpu, value);
        else if (strcmp(key, "cpu_idle") == 0)
            error = read_distribution(&times->cpu_idle, value);
        else if (strcmp(key, "blocked_idle") == 0)
            continue; /* below */
        else if (strcmp(key, "blocked") == 0)
            error = read_distribution(&times->blocked, value);
        else if (strcmp(key, "disk") == 0)
            error = read_distribution(&times->disk, value);
        else if (strcmp(key, "await") == 0)
            error = read_distribution(&times->await, value);
        else if (strcmp(key, "error") == 0)
            error = read_probability(&times->error, value) ? NULL : "a probability is expected";
        else
            *known = false;
        if (error != NULL)
            return error;
    }
    const json_t *idle = json_object_get(object, *field = "blocked_idle");
    const json_t *blocked = json_object_get(object, "blocked");
    if (json_array_size(idle) > 0 && (blocked == NULL || json_is_array(blocked))) {
        const char *error = read_both(&times->blocked, blocked, idle);
        if (error != NULL)
            return error;
    }
    /* A node that has always found its executor asleep, or never. */
    if (sim_distribution_is_zero(&times->cpu) && !sim_distribution_is_zero(&times->cpu_idle)) {
        sim_distribution_free(&times->cpu);
        times->cpu = times->cpu_idle;
        times->cpu_idle = (struct sim_distribution){0};
    }
    return NULL;
}

static const char *read_nodes(struct model *model, const json_t *nodes)
{
    const char *name, *field = "";
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)nodes, name, value)
    {
        bool known = true;
        int node = model_node(model, name, strlen(name));
        if (node < 0)
            return bad("nodes", name, "the program has no node of that name");
        if (!json_is_object(value))
            return bad("nodes", name, "an object is expected, such as {\"cpu\": \"10us\"}");
        const char *error = read_node(&model->nodes[node], value, &known, &field);
        if (error != NULL || (!known && !model->measured)) {
            char where[200];
            snprintf(where, sizeof where, "nodes: %s", name);
            return bad(where, field,
                       error != NULL ? error
                                     : "unknown; known are cpu, blocked, "
                                       "disk, await, error and cpu_idle");
        }
    }
    return NULL;
}

static const char *read_arms(struct model *model, const json_t *arms)
{
    const char *name;
    json_t *list;
    json_object_foreach((json_t *)(uintptr_t)arms, name, list)
    {
        int node = model_node(model, name, strlen(name));
        unsigned count = node >= 0 ? model->program->nodes[node].arms : 0;
        double sum = 0, one;
        if (count == 0)
            return bad("arms", name, "the program has no dispatch of that name");
        if (json_array_size(list) != count)
            return bad("arms", name, "a probability for each arm is expected");
        for (unsigned i = 0; i < count; i++) {
            if (!read_probability(&one, json_array_get(list, i)))
                return bad("arms", name, "a probability is expected, such as 0.2 or \"20%\"");
            model->nodes[node].arms[i] = sum += one;
        }
        if (sum > 1 + 1e-6)
            return bad("arms", name, "the probabilities are more than 1 together");
    }
    return NULL;
}

static const char *read_repeats(struct model *model, const json_t *repeats)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)repeats, name, value)
    {
        int node = model_node(model, name, strlen(name));
        if (node < 0 || !model->program->nodes[node].repeats)
            return bad("repeats", name, "the program does not repeat a node of that name");
        if (!read_probability(&model->nodes[node].again, value))
            return bad("repeats", name, "a probability is expected, such as 0.9 or \"90%\"");
    }
    return NULL;
}

static const char *read_sessions(struct model *model, const json_t *sessions)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)sessions, name, value)
    {
        int source = model_source(model, name, strlen(name));
        if (source < 0 || !model->program->sources[source].session)
            return bad("sessions", name, "the program has no source of that name with sessions");
        const char *error =
            json_is_string(value)
                ? popularity_parse(&model->popularity[source], json_string_value(value))
                : "a text is expected: \"1000\", or \"zipf:1000,0.8\"";
        if (error != NULL)
            return bad("sessions", name, error);
    }
    return NULL;
}

static const char *read_overheads(struct model *model, const json_t *overheads)
{
    const struct {
        const char *name;
        double *to;
    } known[] = {{"dispatch", &model->machine.dispatch},
                 {"wake", &model->machine.wake},
                 {"hand_off", &model->machine.hand_off}};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)overheads, name, value)
    {
        size_t i = 0;
        const char *rest = "";
        while (i < 3 && strcmp(known[i].name, name) != 0)
            i++;
        if (i == 3)
            return bad("overheads", name, "unknown; known are dispatch, wake and hand_off");
        double number = json_number_value(value);
        if (json_is_number(value) && number >= 0 && number <= SIM_TIME_MOST)
            *known[i].to = number;
        else if (!json_is_string(value) ||
                 !sim_time_parse(json_string_value(value), known[i].to, &rest) || *rest != '\0')
            return bad("overheads", name, "a time is expected, such as \"2us\"");
    }
    return NULL;
}

const char *profile_read(struct model *model, const char *file)
{
    static const struct {
        const char *name;
        const char *(*read)(struct model *model, const json_t *value);
    } sections[] = {{"nodes", read_nodes},
                    {"arms", read_arms},
                    {"repeats", read_repeats},
                    {"sessions", read_sessions},
                    {"overheads", read_overheads}};
    json_error_t at;
    json_t *root = json_load_file(file, JSON_REJECT_DUPLICATES, &at);
    if (root == NULL) {
        snprintf(wrong, sizeof wrong, "line %d: %s", at.line, at.text);
        return wrong;
    }
    const char *error = NULL, *key;
    json_t *section, *kind = json_object_get(root, "kind");
    /* What a program has measured says more than is asked here (docs/profile.md). */
    model->measured = json_is_string(kind) && strcmp(json_string_value(kind), "measured") == 0;
    if (!json_is_object(root) || json_integer_value(json_object_get(root, "format")) != 1)
        error = "this is no profile of format 1; fluxc --emit=profile-template begins one";
    json_object_foreach(root, key, section)
    {
        bool known = strcmp(key, "format") == 0 || strcmp(key, "generator") == 0 ||
                     strcmp(key, "program") == 0;
        for (size_t i = 0; !known && i < sizeof sections / sizeof sections[0]; i++) {
            known = strcmp(key, sections[i].name) == 0;
            if (error == NULL && known && !json_is_object(section))
                error = bad("profile", key, "an object is expected");
        }
        if (error == NULL && !known && !model->measured)
            error = bad("profile", key,
                        "unknown; known are nodes, arms, repeats, sessions and overheads");
    }
    for (size_t i = 0; error == NULL && i < sizeof sections / sizeof sections[0]; i++)
        error = sections[i].read(model, json_object_get(root, sections[i].name));
    json_decref(root);
    return error;
}

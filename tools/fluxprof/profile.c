/* profile.c - profiles added up, subtracted, and what follows from their numbers. */
#include "profile.h"

#include <string.h>

/* ---- adding ---------------------------------------------------------------------------------- */

/* The item of a vector whose member is the interned string `key`; NULL. */
#define FIND(vector, member, key)                                                                  \
    ((vector)->count > 0                                                                           \
         ? find((vector)->at, (vector)->count, sizeof *(vector)->at,                               \
                (size_t)((const char *)&(vector)->at->member - (const char *)(vector)->at), key)   \
         : NULL)

static void *find(void *items, unsigned count, size_t size, size_t offset, const char *key)
{
    for (unsigned i = 0; i < count; i++) {
        char *item = (char *)items + i * size;
        const char *name;
        memcpy(&name, item + offset, sizeof name);
        if (name == key)
            return item;
    }
    return NULL;
}

static void add_nodes(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->nodes.count; i++) {
        const struct node_profile *other = &from->nodes.at[i];
        struct node_profile *node = FIND(&to->nodes, name, other->name);
        if (node == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->nodes, *other);
            continue;
        }
        node->calls += times * other->calls;
        node->errors += times * other->errors;
        spread_add(to->arena, &node->cpu, &other->cpu, times);
        spread_add(to->arena, &node->blocked, &other->blocked, times);
        spread_add(to->arena, &node->await, &other->await, times);
    }
}

static bool same_path(const struct place_profile *a, const struct place_profile *b)
{
    if (a->node != b->node || a->source != b->source || a->path.count != b->path.count)
        return false;
    for (unsigned i = 0; i < a->path.count; i++)
        if (a->path.at[i] != b->path.at[i])
            return false;
    return true;
}

static void add_places(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->places.count; i++) {
        const struct place_profile *other = &from->places.at[i];
        struct place_profile *place = NULL;
        /* Programs list them in one order. */
        if (i < to->places.count && same_path(&to->places.at[i], other))
            place = &to->places.at[i];
        for (unsigned k = 0; k < to->places.count && place == NULL; k++)
            place = same_path(&to->places.at[k], other) ? &to->places.at[k] : NULL;
        if (place == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->places, *other);
            continue;
        }
        place->calls += times * other->calls;
        place->errors += times * other->errors;
        spread_add(to->arena, &place->cpu, &other->cpu, times);
        spread_add(to->arena, &place->blocked, &other->blocked, times);
        spread_add(to->arena, &place->await, &other->await, times);
    }
}

static void add_choices(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->choices.count; i++) {
        const struct choice_profile *other = &from->choices.at[i];
        struct choice_profile *choice = NULL;
        for (unsigned k = 0; k < to->choices.count; k++)
            if (to->choices.at[k].node == other->node &&
                to->choices.at[k].repeats == other->repeats)
                choice = &to->choices.at[k];
        if (choice == NULL && times > 0)
            vector_push(to->arena, &to->choices, *other);
        for (unsigned k = 0; choice != NULL && k < other->counts.count; k++)
            if (k < choice->counts.count)
                choice->counts.at[k] += times * other->counts.at[k];
    }
}

static void add_constraints(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->constraints.count; i++) {
        const struct constraint_profile *other = &from->constraints.at[i];
        struct constraint_profile *constraint = FIND(&to->constraints, name, other->name);
        if (constraint == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->constraints, *other);
            continue;
        }
        constraint->taken += times * other->taken;
        constraint->waits += times * other->waits;
        spread_add(to->arena, &constraint->waited, &other->waited, times);
    }
}

static void add_sources(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->sources.count; i++) {
        const struct source_profile *other = &from->sources.at[i];
        struct source_profile *source = FIND(&to->sources, name, other->name);
        if (source == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->sources, *other);
            continue;
        }
        source->flows += times * other->flows;
        source->failures += times * other->failures;
        source->ended += times * other->ended;
        source->requests += times * other->requests;
        spread_add(to->arena, &source->arrivals, &other->arrivals, times);
        spread_add(to->arena, &source->request_arrivals, &other->request_arrivals, times);
    }
}

/* The means are of the samples. */
static double mixed(double a, double weight_a, double b, double weight_b)
{
    double weight = weight_a + weight_b;
    double value = weight > 0 ? (a * weight_a + b * weight_b) / weight : 0;
    return value > 0 ? value : 0;
}

static void add_ways(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->ways.count; i++) {
        const struct way_profile *other = &from->ways.at[i];
        struct way_profile *way = FIND(&to->ways, key, other->key);
        if (way == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->ways, *other);
            continue;
        }
        double sampled = times * other->sampled;
        way->cpu = mixed(way->cpu, way->sampled, other->cpu, sampled);
        way->blocked = mixed(way->blocked, way->sampled, other->blocked, sampled);
        way->waited = mixed(way->waited, way->sampled, other->waited, sampled);
        way->sampled += sampled;
        way->count += times * other->count;
    }
}

static void add_spent(struct arena *arena, struct latency_profile *to,
                      const struct latency_profile *from, double times)
{
    for (unsigned i = 0; i < from->spent.count; i++) {
        const struct spent *other = &from->spent.at[i];
        struct spent *spent = NULL;
        for (unsigned k = 0; k < to->spent.count; k++)
            if (to->spent.at[k].kind == other->kind && to->spent.at[k].name == other->name)
                spent = &to->spent.at[k];
        if (spent != NULL)
            spent->time += times * other->time;
        else if (times > 0)
            vector_push(arena, &to->spent, *other);
    }
}

static void add_latency(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->latency.count; i++) {
        const struct latency_profile *other = &from->latency.at[i];
        unsigned at = 0;
        while (at < to->latency.count && to->latency.at[at].from < other->from)
            at++;
        if (at < to->latency.count && to->latency.at[at].from <= other->from) {
            to->latency.at[at].count += times * other->count;
            add_spent(to->arena, &to->latency.at[at], other, times);
        } else if (times > 0) {
            vector_push(to->arena, &to->latency, *other);
            memmove(&to->latency.at[at + 1], &to->latency.at[at],
                    (to->latency.count - 1 - at) * sizeof to->latency.at[0]);
            to->latency.at[at] = *other;
        }
    }
}

static void add_sessions(struct profile *to, const struct profile *from, double times)
{
    for (unsigned i = 0; i < from->sessions.count; i++) {
        const struct session_profile *other = &from->sessions.at[i];
        struct session_profile *session = FIND(&to->sessions, source, other->source);
        if (session == NULL) {
            if (times > 0)
                vector_push(to->arena, &to->sessions, *other);
            continue;
        }
        session->sessions += times * other->sessions;
        session->flows += times * other->flows;
        if (times > 0)
            for (unsigned k = 0; k < other->most.count; k++)
                vector_push(to->arena, &session->most, other->most.at[k]);
    }
}

static void add_all(struct profile *to, const struct profile *from, double times)
{
    to->sampled += times * from->sampled;
    to->cpu_seconds += times * from->cpu_seconds;
    add_nodes(to, from, times);
    add_places(to, from, times);
    add_choices(to, from, times);
    add_sessions(to, from, times);
    add_constraints(to, from, times);
    add_sources(to, from, times);
    add_ways(to, from, times);
    add_latency(to, from, times);
}

bool profile_add(struct profile *profile, const struct profile *other, const char **error)
{
    double end = profile->begin + profile->seconds, other_end = other->begin + other->seconds;
    bool together = profile->begin < other_end && other->begin < end;
    if (profile->program != other->program) {
        *error = arena_printf(profile->arena, "it is of %s, the others are of %s", other->program,
                              profile->program);
        return false;
    }
    /* Processes run side by side; what has run one after the other adds up in time as well. */
    if (together) {
        double begin = profile->begin < other->begin ? profile->begin : other->begin;
        profile->seconds = (end > other_end ? end : other_end) - begin;
        profile->begin = begin;
        profile->executors += other->executors;
        profile->helpers += other->helpers;
        /* Of several processes each tells how many there are. */
        if (other->processes <= 1)
            profile->processes += other->processes;
        else if (profile->processes < other->processes)
            profile->processes = other->processes;
    } else {
        profile->seconds += other->seconds;
    }
    add_all(profile, other, 1);
    return true;
}

void profile_subtract(struct profile *profile, const struct profile *before)
{
    profile->begin += before->seconds;
    profile->seconds -= before->seconds;
    add_all(profile, before, -1);
}

/* ---- sums ------------------------------------------------------------------------------------ */

double profile_flows(const struct profile *profile)
{
    double flows = 0;
    for (unsigned i = 0; i < profile->sources.count; i++)
        flows += profile->sources.at[i].flows;
    return flows;
}

double profile_requests(const struct profile *profile)
{
    double requests = 0;
    for (unsigned i = 0; i < profile->sources.count; i++)
        requests += profile->sources.at[i].requests;
    return requests > 0 ? requests : profile_flows(profile);
}

double node_cpu(const struct node_profile *node)
{
    return node->calls * spread_mean(&node->cpu);
}

/* Calls that have not waited have no count in the histogram, but for those of `cpu`, where every
 * sample is. */
double node_blocked(const struct node_profile *node)
{
    double samples = spread_count(&node->cpu), waits = spread_count(&node->blocked);
    double share = samples > waits ? waits / samples : 1;
    return node->calls * share * spread_mean(&node->blocked);
}

double profile_nodes_cpu(const struct profile *profile)
{
    double cpu = 0;
    for (unsigned i = 0; i < profile->nodes.count; i++)
        cpu += node_cpu(&profile->nodes.at[i]);
    return cpu;
}

const struct node_profile *profile_node(const struct profile *profile, const char *name)
{
    return FIND(&profile->nodes, name, name);
}

/* The node of a step: "Send!", "Handle:1", "Read?!". */
static const struct node_profile *node_of(const struct profile *profile, const char *step)
{
    size_t length = strcspn(step, ":?!");
    if (step[length] == ':' || step[length] == '?')
        return NULL; /* calls alone */
    return profile_node(profile, arena_intern(profile->arena, step, length));
}

double way_time(const struct profile *profile, const struct way_profile *way)
{
    double time = 0;
    if (strcmp(way->begins, "source") == 0) /* it waits for what is to come, which costs nobody */
        return way->sampled > 0 ? way->count * way->cpu : 0;
    if (way->sampled > 0)
        return way->count * (way->cpu + way->blocked);
    for (unsigned i = 0; i < way->steps.count; i++) {
        const struct node_profile *node = node_of(profile, way->steps.at[i]);
        if (node != NULL && node->calls > 0)
            time += (node_cpu(node) + node_blocked(node)) / node->calls;
    }
    return way->count * time;
}

struct spread profile_latency(const struct profile *profile)
{
    struct spread latency = {0};
    for (unsigned i = 0; i < profile->latency.count; i++) {
        const struct latency_profile *class = &profile->latency.at[i];
        if (class->count > 0)
            vector_push(profile->arena, &latency.parts,
                        ((struct part){class->from, class->to, class->count}));
    }
    return latency;
}

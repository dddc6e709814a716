/* tally.c - what has happened in all ways together: calls, errors, arms, turns. */
#include "ways.h"

#include "watched.h"

#include <errno.h>
#include <stdlib.h>

static const struct flux_profile_begin *begin_of(const struct flux_profile_source *source,
                                                 uint64_t number)
{
    unsigned low = 0, high = source->begin_count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (source->begins[middle].first <= number)
            low = middle;
        else
            high = middle;
    }
    return &source->begins[low];
}

const struct flux_profile_begin *
fluxi_way_walk(const struct flux_profile_source *source, uint64_t number,
               void (*step)(void *context, uint32_t index, bool other), void *context)
{
    const struct flux_profile_begin *begin = begin_of(source, number);
    uint64_t rest = number - begin->first;
    uint32_t index = begin->step;
    for (;;) {
        const struct flux_profile_step *at = &source->steps[index];
        bool other = at->other != FLUX_PROFILE_NONE && rest >= at->add;
        step(context, index, other);
        if (other)
            rest -= at->add;
        if ((other ? at->other_cut : at->next_cut) || at->op == FLUX_PROFILE_BORN ||
            at->op == FLUX_PROFILE_LEFT || at->op == FLUX_PROFILE_END)
            return begin;
        index = other ? at->other : at->next;
    }
}

struct adding {
    struct fluxi_tally *tally;
    const struct flux_profile_source *source;
    struct fluxi_source_tally *its;
    uint64_t count;
};

static void add_arm(const struct adding *adding, const struct flux_profile_step *step, int arm)
{
    unsigned node =
        (unsigned)(flux_program.profile->places[step->place].node - flux_program.profile->nodes);
    unsigned arms = flux_program.profile->about[node].arms;
    if (arm != FLUX_PROFILE_ASKS)
        adding->tally->nodes[node].arms[arm == FLUX_PROFILE_NO_ARM ? arms : (unsigned)arm] +=
            adding->count;
}

static void add_step(void *context, uint32_t index, bool other)
{
    const struct adding *adding = context;
    const struct flux_profile *profile = flux_program.profile;
    const struct flux_profile_step *step = &adding->source->steps[index];
    struct fluxi_place_tally nowhere, *place = &nowhere;
    struct fluxi_node_tally *node = NULL;
    if (step->place != FLUX_PROFILE_NONE) {
        place = &adding->tally->places[step->place];
        node = &adding->tally->nodes[profile->places[step->place].node - profile->nodes];
    }
    switch (step->op) {
    case FLUX_PROFILE_CALL:
        place->calls += adding->count;
        place->errors += other ? adding->count : 0;
        break;
    case FLUX_PROFILE_AWAIT:
        place->awaits += adding->count;
        place->in_vain += other ? adding->count : 0;
        if (step->idle && !other)
            adding->its->requests += adding->count;
        break;
    case FLUX_PROFILE_ARM:
        add_arm(adding, step, other ? step->no : step->yes);
        break;
    case FLUX_PROFILE_REPEAT:
        if (other)
            node->no_other += adding->count;
        break;
    case FLUX_PROFILE_TAKE:
        adding->tally->taken[step->rank] += adding->count;
        break;
    case FLUX_PROFILE_BORN:
        adding->its->born += adding->count;
        break;
    case FLUX_PROFILE_LEFT:
        adding->its->failed += adding->count;
        break;
    case FLUX_PROFILE_END:
        adding->its->ended += adding->count;
        break;
    default:
        if (step->next_cut && step->next <= index && node != NULL)
            node->again += adding->count;
        break;
    }
}

static void add_ways(struct fluxi_tally *tally)
{
    for (size_t i = 0; i < tally->way_count; i++) {
        const struct fluxi_way_sum *way = &tally->ways[i];
        struct adding adding = {.tally = tally,
                                .source = &flux_program.profile->sources[way->source],
                                .its = &tally->sources[way->source],
                                .count = way->count};
        const struct flux_profile_begin *begin =
            fluxi_way_walk(adding.source, way->number, add_step, &adding);
        adding.its->begun[begin->kind] += way->count;
    }
}

int fluxi_tally_make(struct fluxi_tally *tally)
{
    const struct flux_profile *profile = flux_program.profile;
    size_t arms = 0;
    for (unsigned i = 0; i < profile->node_count; i++)
        arms += profile->about[i].arms + 1;
    *tally = (struct fluxi_tally){
        .places = calloc(profile->place_count + 1u, sizeof *tally->places),
        .nodes = calloc(profile->node_count + 1u, sizeof *tally->nodes),
        .sources = calloc(flux_program.source_count + 1u, sizeof *tally->sources),
        .taken = calloc(fluxi_constraint_count() + 1u, sizeof *tally->taken),
        .arms = calloc(arms + 1, sizeof *tally->arms)};
    if (tally->places == NULL || tally->nodes == NULL || tally->sources == NULL ||
        tally->taken == NULL || tally->arms == NULL ||
        fluxi_ways_sum(&tally->ways, &tally->way_count) != 0) {
        fluxi_tally_free(tally);
        return ENOMEM;
    }
    arms = 0;
    for (unsigned i = 0; i < profile->node_count; i++) {
        tally->nodes[i].arms = &tally->arms[arms];
        arms += profile->about[i].arms + 1;
    }
    add_ways(tally);
    return 0;
}

void fluxi_tally_free(struct fluxi_tally *tally)
{
    free(tally->ways);
    free(tally->places);
    free(tally->nodes);
    free(tally->sources);
    free(tally->taken);
    free(tally->arms);
}

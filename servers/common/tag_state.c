/* tag_state.c - what changes cost, who fits, and then the bytes.
 *
 * Each player whom the receiver knows from the base takes a byte whether it stays in view or not;
 * beyond that, what a distance costs never shrinks with the distance. So the cost of a reach is a
 * sum over distances, and the farthest reach that fits is found by adding up.
 *
 * On a large board this is the work of the server: each player against each, every turn. So
 * whatever depends on two turns but not on the receiver is computed once; what is left for each
 * pair is computed for eight of them at once, and skipped eight at a time where there is nothing to
 * do. Where everybody knows everybody, as on a board of some hundred players, even the bytes are
 * the same.
 */
#include "tag_state.h"

#include <stdlib.h>
#include <string.h>

#define NEWCOMER_SIZE 12 /* and its name */
#define SUM_MOST      (TAG_LANES * (UINT16_MAX / (NEWCOMER_SIZE + TAG_NAME_MOST)))

/* Eight numbers, computed with at once; an extension that gcc and clang share. */
typedef int16_t lanes __attribute__((vector_size(TAG_LANES * sizeof(int16_t))));
typedef uint16_t ulanes __attribute__((vector_size(TAG_LANES * sizeof(uint16_t))));
typedef uint8_t bytes __attribute__((vector_size(TAG_LANES)));

/* From one base to the present; arrays by place. */
struct delta {
    uint32_t base, turn;
    uint8_t *codes;                             /* of those who were there at the base */
    uint8_t *extra;                             /* bytes that the code takes beyond its first one */
    enum { UNTRIED, FITS, TOO_LONG } everybody; /* who knew everybody, and is to know everybody */
    size_t size;
    uint8_t bytes[TAG_ROOM];
};

/* By distance: bytes beyond those that are spent in any case, and players. */
struct ring {
    uint32_t cost, players;
};

struct tag_coder {
    const struct tag_board *board;
    uint8_t *arrays; /* all those below and in deltas */
    uint32_t turn;   /* that `fresh` is of */
    uint8_t *fresh;  /* bytes that each takes as a newcomer */
    /* A receiver's, by place; the bytes are 0 or 1. */
    int16_t *distances, *distances_then;
    uint8_t *known; /* from the base */
    uint8_t *stays; /* known, and still there */
    uint8_t *seen;  /* in view */
    uint8_t *costs;
    struct delta nothing; /* from no base */
    struct delta deltas[TAG_MOMENTS];
    struct ring rings[TAG_SIDE_MOST + 1];
};

/* One receiver's. */
struct job {
    const struct tag_moment *now, *then; /* then: NULL if there is no base */
    const struct tag_view *base;
    struct delta *delta;
    uint16_t place;
    uint32_t places; /* of now and then, with lanes */
    uint32_t spent;  /* bytes */
};

static uint8_t *cut(uint8_t **from, size_t size)
{
    uint8_t *array = *from;
    *from += size;
    return array;
}

struct tag_coder *tag_coder_new(const struct tag_board *board, uint32_t places)
{
    struct tag_coder *coder = calloc(1, sizeof *coder);
    const size_t size = tag_lanes(places);
    if (coder == NULL)
        return NULL;
    coder->board = board;
    uint8_t *rest = coder->arrays = calloc(size, 9 + 2 * (TAG_MOMENTS + 1));
    if (rest == NULL) {
        free(coder);
        return NULL;
    }
    coder->distances = (int16_t *)(void *)cut(&rest, 2 * size);
    coder->distances_then = (int16_t *)(void *)cut(&rest, 2 * size);
    coder->fresh = cut(&rest, size);
    coder->known = cut(&rest, size);
    coder->stays = cut(&rest, size);
    coder->seen = cut(&rest, size);
    coder->costs = cut(&rest, size);
    for (unsigned i = 0; i <= TAG_MOMENTS; i++) {
        struct delta *delta = i < TAG_MOMENTS ? &coder->deltas[i] : &coder->nothing;
        delta->codes = cut(&rest, size);
        delta->extra = cut(&rest, size);
    }
    return coder;
}

void tag_coder_free(struct tag_coder *coder)
{
    if (coder == NULL)
        return;
    free(coder->arrays);
    free(coder);
}

static bool is_everybody(const struct tag_view *view)
{
    return view->reach > TAG_SIDE_MOST;
}

uint16_t tag_view_reach(const struct tag_view *view)
{
    if (is_everybody(view))
        return TAG_EVERYBODY;
    return (uint16_t)(view->last == UINT16_MAX ? view->reach + 1 : view->reach);
}

/* ---- what depends on two turns --------------------------------------------------------------- */

/* How someone who is there, and was, has moved. */
static uint8_t move_of(const struct tag_moment *then, const struct tag_moment *now, uint32_t place)
{
    const int right = now->column[place] - then->column[place] + TAG_STEP_MOST;
    const int down = now->row[place] - then->row[place] + TAG_STEP_MOST;
    if (right < 0 || right > 2 * TAG_STEP_MOST || down < 0 || down > 2 * TAG_STEP_MOST)
        return TAG_CODE_ELSEWHERE;
    return (uint8_t)(right * (2 * TAG_STEP_MOST + 1) + down);
}

static uint8_t code_of(const struct tag_moment *then, const struct tag_moment *now, uint32_t place)
{
    if (place >= now->places || now->column[place] == TAG_ABSENT ||
        now->arrival[place] != then->arrival[place])
        return TAG_CODE_GONE;
    if (now->since[place] != then->since[place] || now->role[place] != then->role[place])
        return TAG_CODE_ROLE;
    return move_of(then, now, place);
}

static void fill_delta(struct delta *delta, const struct tag_moment *then,
                       const struct tag_moment *now)
{
    for (uint32_t i = 0; i < then->places; i++) {
        const uint8_t code = delta->codes[i] = code_of(then, now, i);
        delta->extra[i] = code == TAG_CODE_ELSEWHERE ? 4 : 0;
        if (code == TAG_CODE_ROLE)
            delta->extra[i] = move_of(then, now, i) == TAG_CODE_ELSEWHERE ? 6 : 2;
    }
}

static struct delta *delta_from(struct tag_coder *coder, const struct tag_moment *then,
                                const struct tag_moment *now)
{
    struct delta *delta = then != NULL ? &coder->deltas[then->turn % TAG_MOMENTS] : &coder->nothing;
    const uint32_t base = then != NULL ? then->turn : 0;
    if (coder->turn != now->turn) {
        coder->turn = now->turn;
        for (uint32_t i = 0; i < now->places; i++)
            coder->fresh[i] =
                (uint8_t)(NEWCOMER_SIZE + tag_board_player(coder->board, (uint16_t)i)->name_length);
    }
    if (delta->turn == now->turn && delta->base == base)
        return delta;
    delta->turn = now->turn;
    delta->base = base;
    delta->everybody = UNTRIED;
    if (then != NULL)
        fill_delta(delta, then, now);
    return delta;
}

/* ---- who is in view -------------------------------------------------------------------------- */

/* Sets `in` to 1 for each place in view, else 0, up to job->places. */
static void find_in(const struct job *job, const struct tag_moment *moment,
                    const struct tag_view *view, const int16_t *distances, uint8_t *in)
{
    const uint32_t places = tag_lanes(moment->places);
    const uint16_t first = (uint16_t)-job->place;
    ulanes ahead = {first,
                    (uint16_t)(first + 1),
                    (uint16_t)(first + 2),
                    (uint16_t)(first + 3),
                    (uint16_t)(first + 4),
                    (uint16_t)(first + 5),
                    (uint16_t)(first + 6),
                    (uint16_t)(first + 7)};
    for (uint32_t i = 0; i < places; i += TAG_LANES) {
        lanes distance;
        memcpy(&distance, distances + i, sizeof distance);
        const lanes inside = (distance < view->reach) & (distance <= TAG_SIDE_MOST);
        const lanes edge = (distance == view->reach) & (lanes)(ahead <= view->last);
        const bytes found = __builtin_convertvector(-(inside | edge), bytes);
        memcpy(in + i, &found, sizeof found);
        ahead += TAG_LANES;
    }
    if (places < job->places)
        memset(in + places, 0, job->places - places);
}

/* Whether there are none of eight. */
static inline bool none(const uint8_t *marks)
{
    uint64_t all;
    memcpy(&all, marks, sizeof all);
    return all == 0;
}

static void find_known(struct tag_coder *coder, struct job *job)
{
    const struct tag_moment *then = job->then;
    memset(coder->stays, 0, job->places);
    if (then == NULL) {
        memset(coder->known, 0, job->places);
        return;
    }
    tag_distances(then, then->column[job->place], then->row[job->place], coder->distances_then);
    find_in(job, then, job->base, coder->distances_then, coder->known);
    for (uint32_t i = 0; i < job->places; i += TAG_LANES) {
        if (none(coder->known + i))
            continue;
        for (uint32_t j = i; j < i + TAG_LANES; j++) {
            job->spent += coder->known[j];
            coder->stays[j] = coder->known[j] & (job->delta->codes[j] != TAG_CODE_GONE);
        }
    }
}

/* ---- who fits -------------------------------------------------------------------------------- */

/* What each costs, who is there, beyond the byte of those who are known. Returns whether everybody
 * fits. */
static bool add_up(struct tag_coder *coder, const struct job *job)
{
    uint32_t all = job->spent, players = 0;
    const uint32_t places = tag_lanes(job->now->places);
    for (uint32_t i = 0; i < places;) {
        /* So many that none of the eight sums overflows. */
        const uint32_t end = places - i < SUM_MOST ? places : i + SUM_MOST;
        ulanes cost_sums = {0}, player_sums = {0};
        for (; i < end; i += TAG_LANES) {
            bytes stays, extra, fresh;
            lanes distance;
            memcpy(&stays, coder->stays + i, sizeof stays);
            memcpy(&extra, job->delta->extra + i, sizeof extra);
            memcpy(&fresh, coder->fresh + i, sizeof fresh);
            memcpy(&distance, coder->distances + i, sizeof distance);
            const bytes kept = -stays; /* 1: all bits */
            const lanes there = distance <= TAG_SIDE_MOST;
            const bytes costs =
                ((extra & kept) | (fresh & ~kept)) & __builtin_convertvector(there, bytes);
            memcpy(coder->costs + i, &costs, sizeof costs);
            cost_sums += __builtin_convertvector(costs, ulanes);
            player_sums -= (ulanes)there;
        }
        for (unsigned j = 0; j < TAG_LANES; j++) {
            all += cost_sums[j];
            players += player_sums[j];
        }
    }
    return all <= TAG_ROOM && players <= TAG_KNOWN_MOST;
}

/* Whether none of eight distances is below `bound`, or equal to it. */
static inline bool none_within(const int16_t *distances, int16_t bound)
{
    lanes distance;
    memcpy(&distance, distances, sizeof distance);
    const bytes within = __builtin_convertvector(distance <= bound, bytes);
    return none((const uint8_t *)&within);
}

/* Fills the rings up to `bound`. */
static void fill_rings(struct tag_coder *coder, const struct job *job, int16_t bound)
{
    memset(coder->rings, 0, ((size_t)bound + 1) * sizeof coder->rings[0]);
    for (uint32_t i = 0; i < job->now->places; i += TAG_LANES) {
        if (none_within(coder->distances + i, bound))
            continue;
        for (uint32_t j = i; j < i + TAG_LANES; j++) {
            if (coder->distances[j] > bound)
                continue;
            struct ring *ring = &coder->rings[coder->distances[j]];
            ring->cost += coder->costs[j];
            ring->players++;
        }
    }
}

/* What has been spent, and on how many. */
struct budget {
    uint32_t cost, players;
};

static bool fits_in(const struct budget *budget, uint32_t cost, uint32_t players)
{
    return budget->cost + cost <= TAG_ROOM && budget->players + players <= TAG_KNOWN_MOST;
}

/* Of those at this distance, from one place to another, as many as fit. Returns whether all did. */
static bool take_some(const struct tag_coder *coder, const struct job *job, int16_t reach,
                      uint32_t from, uint32_t to, struct budget *budget, struct tag_view *view)
{
    for (uint32_t i = from; i < to; i++) {
        if (i % TAG_LANES == 0 && none_within(coder->distances + i, reach)) {
            i += TAG_LANES - 1;
            continue;
        }
        if (coder->distances[i] != reach)
            continue;
        if (!fits_in(budget, coder->costs[i], 1))
            return false;
        budget->cost += coder->costs[i];
        budget->players++;
        *view = (struct tag_view){job->now->turn, reach, (uint16_t)(i - job->place)};
    }
    return true;
}

/* How far to look: not much farther than last time, if there was one. */
static int16_t guess_bound(const struct job *job, int16_t side)
{
    if (job->then == NULL || is_everybody(job->base))
        return side;
    const int bound = job->base->reach + job->base->reach / 4 + 8;
    return bound < side ? (int16_t)bound : side;
}

/* The farthest reach that fits: first whole distances, then those at the next one by their places.
 */
static void find_reach(struct tag_coder *coder, const struct job *job, struct tag_view *view)
{
    const int16_t side = (int16_t)(tag_board_side(coder->board) - 1);
    int16_t bound = guess_bound(job, side), reach = 0;
    struct budget budget = {job->spent, 0};
    fill_rings(coder, job, bound);
    while (reach <= side) {
        if (reach > bound)
            fill_rings(coder, job, bound = side);
        if (!fits_in(&budget, coder->rings[reach].cost, coder->rings[reach].players))
            break;
        budget.cost += coder->rings[reach].cost;
        budget.players += coder->rings[reach].players;
        reach++;
    }
    *view = (struct tag_view){job->now->turn, (int16_t)(reach - 1), UINT16_MAX};
    if (take_some(coder, job, reach, job->place, job->now->places, &budget, view))
        take_some(coder, job, reach, 0, job->place, &budget, view);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

static uint8_t *put_run(uint8_t *at, uint32_t run)
{
    for (; run > 0; run -= run > 128 ? 128 : run)
        *at++ = (uint8_t)(TAG_CODE_RUN + (run > 128 ? 128 : run) - 1);
    return at;
}

static uint8_t *put_cell(uint8_t *at, const struct tag_moment *now, uint32_t place)
{
    return tag_put16(tag_put16(at, (uint16_t)now->column[place]), (uint16_t)now->row[place]);
}

/* A role that has changed since the base has done so less than 64 turns ago. */
static uint8_t *put_change(uint8_t *at, const struct job *job, uint32_t place, uint8_t code)
{
    *at++ = code;
    if (code == TAG_CODE_ROLE) {
        const uint32_t age = job->now->turn - job->now->since[place];
        *at++ = (uint8_t)(job->now->role[place] * TAG_ROLE_IT + age);
        *at++ = code = move_of(job->then, job->now, place);
    }
    return code == TAG_CODE_ELSEWHERE ? put_cell(at, job->now, place) : at;
}

static uint8_t *put_changes(uint8_t *at, const struct tag_coder *coder, const struct job *job)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < job->places; i++) {
        if (i % TAG_LANES == 0 && none(coder->known + i)) {
            i += TAG_LANES - 1;
            continue;
        }
        if (!coder->known[i])
            continue;
        const uint8_t code =
            coder->stays[i] & coder->seen[i] ? job->delta->codes[i] : TAG_CODE_GONE;
        if (code == TAG_CODE_STANDS) {
            run++;
            continue;
        }
        if (run > 0)
            at = put_run(at, run);
        run = 0;
        at = put_change(at, job, i, code);
    }
    return put_run(at, run);
}

static uint8_t *put_newcomer(uint8_t *at, const struct tag_coder *coder,
                             const struct tag_moment *now, uint32_t place)
{
    const struct tag_player *player = tag_board_player(coder->board, (uint16_t)place);
    at = put_cell(tag_put16(at, (uint16_t)place), now, place);
    *at++ = now->role[place];
    at = tag_put32(at, now->since[place]);
    *at++ = player->name_length;
    memcpy(at, player->name, player->name_length);
    return at + player->name_length;
}

static uint8_t *put_newcomers(uint8_t *at, const struct tag_coder *coder, const struct job *job)
{
    for (uint32_t i = 0; i < job->places; i += TAG_LANES) {
        uint64_t seen, stays;
        memcpy(&seen, coder->seen + i, sizeof seen);
        memcpy(&stays, coder->stays + i, sizeof stays);
        if ((seen & ~stays) == 0)
            continue;
        for (uint32_t j = i; j < i + TAG_LANES; j++)
            if (coder->seen[j] & ~coder->stays[j])
                at = put_newcomer(at, coder, job->now, j);
    }
    return at;
}

/* Whether the receiver is the one who was at its place then. */
static bool was_there(const struct job *job)
{
    return job->place < job->then->places && job->then->column[job->place] != TAG_ABSENT &&
           job->then->arrival[job->place] == job->now->arrival[job->place];
}

size_t tag_state_write(struct tag_coder *coder, uint16_t place, const struct tag_view *base,
                       uint8_t *data, struct tag_view *view)
{
    struct job job = {.base = base, .place = place};
    job.now = tag_board_moment(coder->board, tag_board_turns(coder->board));
    job.then = base != NULL ? tag_board_moment(coder->board, base->turn) : NULL;
    if (job.then != NULL && !was_there(&job))
        job.then = NULL;
    job.delta = delta_from(coder, job.then, job.now);
    *view = (struct tag_view){job.now->turn, TAG_SIDE_MOST + 1, UINT16_MAX};

    const bool all_known = job.then == NULL || is_everybody(base);
    if (all_known && job.delta->everybody == FITS) {
        memcpy(data, job.delta->bytes, job.delta->size);
        return job.delta->size;
    }
    job.places = tag_lanes(job.now->places);
    if (job.then != NULL && tag_lanes(job.then->places) > job.places)
        job.places = tag_lanes(job.then->places);
    tag_distances(job.now, job.now->column[place], job.now->row[place], coder->distances);
    find_known(coder, &job);
    const bool fits = add_up(coder, &job);
    if (!fits)
        find_reach(coder, &job, view);
    find_in(&job, job.now, view, coder->distances, coder->seen);
    const size_t size = (size_t)(put_newcomers(put_changes(data, coder, &job), coder, &job) - data);
    if (all_known && job.delta->everybody == UNTRIED) {
        job.delta->everybody = fits ? FITS : TOO_LONG;
        job.delta->size = size;
        memcpy(job.delta->bytes, data, size);
    }
    return size;
}

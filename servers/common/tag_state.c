/* tag_state.c - what changes cost, who fits, and then the bytes.
 *
 * Each player whom the receiver knows from the base takes a byte whether it stays in view or not;
 * beyond that, what a distance costs never shrinks with the distance. So the cost of a reach is a
 * sum over distances, and the farthest reach that fits is found by adding up.
 *
 * Everything that depends on two turns but not on the receiver is computed once: the codes; and
 * where everybody knows everybody, as on a board of some hundred players, all of the bytes.
 */
#include "tag_state.h"

#include <stdlib.h>
#include <string.h>

#define NEWCOMER_SIZE 12 /* and its name */

/* From one base to the present. */
struct delta {
    uint32_t base, turn;
    uint8_t *codes;                             /* by place, of those who were there at the base */
    enum { UNTRIED, FITS, TOO_LONG } everybody; /* who knew everybody, and is to know everybody */
    size_t size;
    uint8_t bytes[TAG_ROOM];
};

struct tag_coder {
    const struct tag_board *board;
    int16_t *distances, *distances_then; /* by place, from the receiver */
    uint8_t *known;                      /* by place: the receiver knows it from the base */
    struct delta nothing;                /* from no base */
    struct delta deltas[TAG_MOMENTS];
    /* By distance: bytes beyond those that are spent in any case, and players. */
    uint32_t cost[TAG_SIDE_MOST + 1], crowd[TAG_SIDE_MOST + 1];
};

/* One receiver's. */
struct job {
    const struct tag_moment *now, *then; /* then: NULL if there is no base */
    const struct tag_view *base;
    struct delta *delta;
    uint16_t place;
    uint32_t places; /* of now and then */
    uint32_t spent;  /* bytes */
    int16_t farthest;
};

struct tag_coder *tag_coder_new(const struct tag_board *board, uint32_t places)
{
    struct tag_coder *coder = calloc(1, sizeof *coder);
    const size_t lanes = tag_lanes(places);
    if (coder == NULL)
        return NULL;
    coder->board = board;
    coder->distances = calloc(lanes, sizeof *coder->distances);
    coder->distances_then = calloc(lanes, sizeof *coder->distances_then);
    coder->known = calloc(lanes, 1);
    uint8_t *codes = coder->deltas[0].codes = calloc(lanes, TAG_MOMENTS);
    if (coder->distances == NULL || coder->distances_then == NULL || coder->known == NULL ||
        codes == NULL) {
        tag_coder_free(coder);
        return NULL;
    }
    for (unsigned i = 0; i < TAG_MOMENTS; i++)
        coder->deltas[i].codes = codes + i * lanes;
    return coder;
}

void tag_coder_free(struct tag_coder *coder)
{
    if (coder == NULL)
        return;
    free(coder->deltas[0].codes);
    free(coder->known);
    free(coder->distances_then);
    free(coder->distances);
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

static inline bool is_in(const struct tag_view *view, int16_t distance, uint16_t ahead)
{
    return distance < view->reach ? distance <= TAG_SIDE_MOST
                                  : distance == view->reach && ahead <= view->last;
}

/* ---- codes ----------------------------------------------------------------------------------- */

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

static struct delta *delta_from(struct tag_coder *coder, const struct tag_moment *then,
                                const struct tag_moment *now)
{
    struct delta *delta = then != NULL ? &coder->deltas[then->turn % TAG_MOMENTS] : &coder->nothing;
    const uint32_t base = then != NULL ? then->turn : 0;
    if (delta->turn == now->turn && delta->base == base)
        return delta;
    delta->turn = now->turn;
    delta->base = base;
    delta->everybody = UNTRIED;
    for (uint32_t i = 0; then != NULL && i < then->places; i++)
        delta->codes[i] = code_of(then, now, i);
    return delta;
}

/* ---- who fits -------------------------------------------------------------------------------- */

static bool stands(const struct tag_coder *coder, const struct job *job, uint32_t place)
{
    return place < job->now->places && coder->distances[place] <= TAG_SIDE_MOST;
}

static bool is_newcomer(const struct tag_coder *coder, const struct job *job, uint32_t place)
{
    return !coder->known[place] || job->delta->codes[place] == TAG_CODE_GONE;
}

static uint32_t cost_of(const struct tag_coder *coder, const struct job *job, uint32_t place)
{
    if (is_newcomer(coder, job, place))
        return NEWCOMER_SIZE + tag_board_player(coder->board, (uint16_t)place)->name_length;
    /* What its code takes beyond the first byte. */
    switch (job->delta->codes[place]) {
    case TAG_CODE_ELSEWHERE:
        return 4;
    case TAG_CODE_ROLE:
        return move_of(job->then, job->now, place) == TAG_CODE_ELSEWHERE ? 6 : 2;
    default:
        return 0;
    }
}

static void find_known(struct tag_coder *coder, struct job *job)
{
    const struct tag_moment *then = job->then;
    memset(coder->known, 0, job->places);
    if (then == NULL)
        return;
    tag_distances(then, then->column[job->place], then->row[job->place], coder->distances_then);
    for (uint32_t i = 0; i < then->places; i++) {
        coder->known[i] = is_in(job->base, coder->distances_then[i], (uint16_t)(i - job->place));
        job->spent += coder->known[i];
    }
}

/* Fills cost and crowd. Returns whether everybody fits. */
static bool add_up(struct tag_coder *coder, struct job *job)
{
    uint32_t all = job->spent, players = 0;
    job->farthest = 0;
    for (uint32_t i = 0; i < job->now->places; i++)
        if (stands(coder, job, i) && coder->distances[i] > job->farthest)
            job->farthest = coder->distances[i];
    memset(coder->cost, 0, ((size_t)job->farthest + 1) * sizeof *coder->cost);
    memset(coder->crowd, 0, ((size_t)job->farthest + 1) * sizeof *coder->crowd);
    for (uint32_t i = 0; i < job->now->places; i++) {
        if (!stands(coder, job, i))
            continue;
        const uint32_t cost = cost_of(coder, job, i);
        coder->cost[coder->distances[i]] += cost;
        coder->crowd[coder->distances[i]]++;
        all += cost;
        players++;
    }
    return all <= TAG_ROOM && players <= TAG_KNOWN_MOST;
}

/* The farthest reach that fits: first whole distances, then those at the next one by their places.
 */
static void find_reach(struct tag_coder *coder, const struct job *job, struct tag_view *view)
{
    uint32_t cost = job->spent, players = 0;
    int16_t reach = 0;
    while (reach <= job->farthest && cost + coder->cost[reach] <= TAG_ROOM &&
           players + coder->crowd[reach] <= TAG_KNOWN_MOST) {
        cost += coder->cost[reach];
        players += coder->crowd[reach];
        reach++;
    }
    *view = (struct tag_view){job->now->turn, (int16_t)(reach - 1), UINT16_MAX};
    for (uint32_t n = 0; n < job->now->places; n++) {
        const uint32_t i = (job->place + n) % job->now->places;
        if (coder->distances[i] != reach)
            continue;
        cost += cost_of(coder, job, i);
        if (cost > TAG_ROOM || ++players > TAG_KNOWN_MOST)
            return;
        *view = (struct tag_view){job->now->turn, reach, (uint16_t)(i - job->place)};
    }
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

static size_t put_all(const struct tag_coder *coder, const struct job *job,
                      const struct tag_view *view, uint8_t *data)
{
    uint8_t *at = data;
    uint32_t run = 0;
    for (uint32_t i = 0; job->then != NULL && i < job->then->places; i++) {
        if (!coder->known[i])
            continue;
        uint8_t code = job->delta->codes[i];
        if (code != TAG_CODE_GONE && !is_in(view, coder->distances[i], (uint16_t)(i - job->place)))
            code = TAG_CODE_GONE;
        if (code == TAG_CODE_STANDS) {
            run++;
            continue;
        }
        at = put_change(put_run(at, run), job, i, code);
        run = 0;
    }
    at = put_run(at, run);
    for (uint32_t i = 0; i < job->now->places; i++)
        if (is_newcomer(coder, job, i) &&
            is_in(view, coder->distances[i], (uint16_t)(i - job->place)))
            at = put_newcomer(at, coder, job->now, i);
    return (size_t)(at - data);
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
    job.places = job.now->places;
    if (job.then != NULL && job.then->places > job.places)
        job.places = job.then->places;
    tag_distances(job.now, job.now->column[place], job.now->row[place], coder->distances);
    find_known(coder, &job);
    const bool fits = add_up(coder, &job);
    if (!fits)
        find_reach(coder, &job, view);
    const size_t size = put_all(coder, &job, view, data);
    if (all_known && job.delta->everybody == UNTRIED) {
        job.delta->everybody = fits ? FITS : TOO_LONG;
        job.delta->size = size;
        memcpy(job.delta->bytes, data, size);
    }
    return size;
}

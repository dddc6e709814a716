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

/* So many numbers are computed with at once; an extension that gcc and clang share. Of what is true
 * or not all bits are set, or none. */
#define WIDTH 8
typedef int16_t lanes __attribute__((vector_size(WIDTH * sizeof(int16_t))));
typedef uint16_t ulanes __attribute__((vector_size(WIDTH * sizeof(uint16_t))));
typedef uint8_t bytes __attribute__((vector_size(WIDTH)));

#define WORD 64 /* places in a word of bits */
_Static_assert(TAG_LANES % WORD == 0 && WORD % WIDTH == 0, "arrays are whole words");

/* Places for which eight sums of costs fit into 16 bits. */
#define SUM_MOST (UINT16_MAX / (NEWCOMER_SIZE + TAG_NAME_MOST) / (WORD / WIDTH) * WORD)

/* From one base to the present; arrays by place. */
struct delta {
    uint32_t base, turn;
    uint8_t *codes;                             /* of those who were there at the base */
    uint8_t *extra;                             /* bytes that the code takes beyond its first one */
    uint8_t *alive;                             /* 255: there then and now, 0: not */
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
    /* A receiver's, by place. */
    int16_t *distances, *distances_then;
    uint8_t *marks; /* 255: known from the base, 0: not */
    uint8_t *costs;
    /* The same, bits. */
    uint64_t *known;      /* from the base */
    uint64_t *stays;      /* known, and still there */
    uint64_t *seen;       /* in view */
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

static void *cut(uint8_t **from, size_t size)
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
    uint8_t *rest = coder->arrays = calloc(size, 8 + 3 * (TAG_MOMENTS + 1));
    if (rest == NULL) {
        free(coder);
        return NULL;
    }
    /* Ordered by alignment; three words of bits take less than a byte for each place. */
    coder->known = cut(&rest, size / 8);
    coder->stays = cut(&rest, size / 8);
    coder->seen = cut(&rest, size / 8);
    coder->distances = cut(&rest, 2 * size);
    coder->distances_then = cut(&rest, 2 * size);
    coder->fresh = cut(&rest, size);
    coder->marks = cut(&rest, size);
    coder->costs = cut(&rest, size);
    for (unsigned i = 0; i <= TAG_MOMENTS; i++) {
        struct delta *delta = i < TAG_MOMENTS ? &coder->deltas[i] : &coder->nothing;
        delta->codes = cut(&rest, size);
        delta->extra = cut(&rest, size);
        delta->alive = cut(&rest, size);
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
        delta->alive[i] = code != TAG_CODE_GONE ? UINT8_MAX : 0;
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

/* ---- bits ------------------------------------------------------------------------------------ */

/* A bit for each of eight, the first one lowest. */
static inline uint64_t bits_of(bytes truths)
{
    uint64_t ones;
    truths &= 1;
    memcpy(&ones, &truths, sizeof ones);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    ones = __builtin_bswap64(ones);
#endif
    return ones * UINT64_C(0x0102040810204080) >> 56;
}

static inline bytes narrow(lanes truths)
{
    return __builtin_convertvector(truths, bytes);
}

/* The first one of a word, which is taken out of it. */
static inline unsigned next_bit(uint64_t *word)
{
    const unsigned bit = (unsigned)__builtin_ctzll(*word);
    *word &= *word - 1;
    return bit;
}

/* Whose distance is at least `least` and at most `most`. */
static inline uint64_t word_within(const int16_t *distances, int16_t least, int16_t most)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < WORD; i += WIDTH) {
        lanes distance;
        memcpy(&distance, distances + i, sizeof distance);
        word |= bits_of(narrow((distance >= least) & (distance <= most))) << i;
    }
    return word;
}

/* ---- who is in view -------------------------------------------------------------------------- */

/* Sets a bit, and a mark unless `marks` is NULL, for each place in view, up to job->places. */
static void find_in(const struct job *job, const struct tag_moment *moment,
                    const struct tag_view *view, const int16_t *distances, uint64_t *in,
                    uint8_t *marks)
{
    const uint32_t places = tag_lanes(moment->places);
    const uint16_t first = (uint16_t)-job->place;
    ulanes ahead = {0, 1, 2, 3, 4, 5, 6, 7};
    ahead += first;
    for (uint32_t i = 0; i < places; i += WORD) {
        uint64_t word = 0;
        for (uint32_t j = 0; j < WORD; j += WIDTH) {
            lanes distance;
            memcpy(&distance, distances + i + j, sizeof distance);
            const lanes inside = (distance < view->reach) & (distance <= TAG_SIDE_MOST);
            const lanes edge = (distance == view->reach) & (lanes)(ahead <= view->last);
            const bytes found = narrow(inside | edge);
            word |= bits_of(found) << j;
            if (marks != NULL)
                memcpy(marks + i + j, &found, sizeof found);
            ahead += WIDTH;
        }
        in[i / WORD] = word;
    }
    for (uint32_t i = places; i < job->places; i += WORD)
        in[i / WORD] = 0;
    if (marks != NULL && places < job->places)
        memset(marks + places, 0, job->places - places);
}

static void find_known(struct tag_coder *coder, struct job *job)
{
    const struct tag_moment *then = job->then;
    if (then == NULL) {
        memset(coder->known, 0, job->places / 8);
        memset(coder->marks, 0, job->places);
        return;
    }
    tag_distances(then, then->column[job->place], then->row[job->place], coder->distances_then);
    find_in(job, then, job->base, coder->distances_then, coder->known, coder->marks);
    for (uint32_t i = 0; i < job->places; i += WORD)
        job->spent += (uint32_t)__builtin_popcountll(coder->known[i / WORD]);
}

/* ---- who fits -------------------------------------------------------------------------------- */

/* What is added up for eight at a time. */
struct sums {
    ulanes cost, players;
};

/* Of the places of a word: what each costs, who is there, beyond the byte of those who are known;
 * and who stays. */
static void add_word(struct tag_coder *coder, const struct delta *delta, uint32_t place,
                     struct sums *sums)
{
    uint64_t word = 0;
    for (uint32_t i = place; i < place + WORD; i += WIDTH) {
        bytes marks, alive, extra, fresh;
        lanes distance;
        memcpy(&marks, coder->marks + i, sizeof marks);
        memcpy(&alive, delta->alive + i, sizeof alive);
        memcpy(&extra, delta->extra + i, sizeof extra);
        memcpy(&fresh, coder->fresh + i, sizeof fresh);
        memcpy(&distance, coder->distances + i, sizeof distance);
        const bytes stays = marks & alive;
        const lanes there = distance <= TAG_SIDE_MOST;
        const bytes costs = ((extra & stays) | (fresh & ~stays)) & narrow(there);
        memcpy(coder->costs + i, &costs, sizeof costs);
        word |= bits_of(stays) << (i - place);
        sums->cost += __builtin_convertvector(costs, ulanes);
        sums->players -= (ulanes)there;
    }
    coder->stays[place / WORD] = word;
}

/* Returns whether everybody fits. */
static bool add_up(struct tag_coder *coder, const struct job *job)
{
    uint32_t all = job->spent, players = 0;
    const uint32_t places = tag_lanes(job->now->places);
    for (uint32_t i = 0; i < places;) {
        const uint32_t end = places - i < SUM_MOST ? places : i + SUM_MOST;
        struct sums sums = {{0}, {0}};
        for (; i < end; i += WORD)
            add_word(coder, job->delta, i, &sums);
        for (unsigned j = 0; j < WIDTH; j++) {
            all += sums.cost[j];
            players += sums.players[j];
        }
    }
    for (uint32_t i = places; i < job->places; i += WORD)
        coder->stays[i / WORD] = 0;
    return all <= TAG_ROOM && players <= TAG_KNOWN_MOST;
}

/* Fills the rings up to `bound`. */
static void fill_rings(struct tag_coder *coder, const struct job *job, int16_t bound)
{
    memset(coder->rings, 0, ((size_t)bound + 1) * sizeof coder->rings[0]);
    for (uint32_t i = 0; i < job->now->places; i += WORD) {
        uint64_t word = word_within(coder->distances + i, 0, bound);
        while (word != 0) {
            const uint32_t place = i + next_bit(&word);
            struct ring *ring = &coder->rings[coder->distances[place]];
            ring->cost += coder->costs[place];
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
    for (uint32_t i = from / WORD * WORD; i < to; i += WORD) {
        uint64_t word = word_within(coder->distances + i, reach, reach);
        while (word != 0) {
            const uint32_t place = i + next_bit(&word);
            if (place < from || place >= to)
                continue;
            if (!fits_in(budget, coder->costs[place], 1))
                return false;
            budget->cost += coder->costs[place];
            budget->players++;
            *view = (struct tag_view){job->now->turn, reach, (uint16_t)(place - job->place)};
        }
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
    for (uint32_t i = 0; i < job->places; i += WORD) {
        const uint64_t there = coder->stays[i / WORD] & coder->seen[i / WORD];
        uint64_t word = coder->known[i / WORD];
        while (word != 0) {
            const unsigned bit = next_bit(&word);
            const uint8_t code =
                there >> bit & 1 ? job->delta->codes[i + bit] : (uint8_t)TAG_CODE_GONE;
            if (code == TAG_CODE_STANDS) {
                run++;
                continue;
            }
            if (run > 0)
                at = put_run(at, run);
            run = 0;
            at = put_change(at, job, i + bit, code);
        }
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
    for (uint32_t i = 0; i < job->places; i += WORD) {
        uint64_t word = coder->seen[i / WORD] & ~coder->stays[i / WORD];
        while (word != 0)
            at = put_newcomer(at, coder, job->now, i + next_bit(&word));
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
    find_in(&job, job.now, view, coder->distances, coder->seen, NULL);
    const size_t size = (size_t)(put_newcomers(put_changes(data, coder, &job), coder, &job) - data);
    if (all_known && job.delta->everybody == UNTRIED) {
        job.delta->everybody = fits ? FITS : TOO_LONG;
        job.delta->size = size;
        memcpy(job.delta->bytes, data, size);
    }
    return size;
}

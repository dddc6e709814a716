#include "tag_board.h"

#include <stdlib.h>
#include <string.h>

#define PLAYERS_FOR_ONE_IT 20
#define REST               5 /* whoever is free stands still in every fifth turn */
#define REACH              1 /* cells, for a tag */
#define FROZEN_SECONDS     1
#define SAFE_SECONDS       2

struct tag_board {
    uint16_t width, height, rate;
    uint32_t places; /* that there are */
    uint32_t turn;   /* 0: none yet */
    uint32_t players;
    uint32_t arrivals; /* so far */
    uint64_t seed;
    struct tag_moment now;
    struct tag_moment moments[TAG_MOMENTS];
    struct tag_player *player;
    int16_t *distances; /* scratch */
};

static const int8_t step_column[9] = {0, 0, 1, 1, 1, 0, -1, -1, -1};
static const int8_t step_row[9] = {0, -1, -1, 0, 1, 1, 1, 0, -1};

/* ---- memory ---------------------------------------------------------------------------------- */

/* One block; ordered by alignment. */
static bool moment_make(struct tag_moment *moment, uint32_t most)
{
    const size_t places = tag_lanes(most);
    uint32_t *block = calloc(places, 2 * sizeof(uint32_t) + 2 * sizeof(int16_t) + sizeof(uint8_t));
    if (block == NULL)
        return false;
    moment->since = block;
    moment->arrival = block + places;
    moment->column = (int16_t *)(block + 2 * places);
    moment->row = moment->column + places;
    moment->role = (uint8_t *)(moment->row + places);
    return true;
}

/* Memory that has not been used is not copied: a board that was made for many is cheap for few. */
static void moment_copy(struct tag_moment *to, const struct tag_moment *from)
{
    const size_t places = tag_lanes(from->places);
    to->turn = from->turn;
    to->places = from->places;
    memcpy(to->since, from->since, places * sizeof *to->since);
    memcpy(to->arrival, from->arrival, places * sizeof *to->arrival);
    memcpy(to->column, from->column, places * sizeof *to->column);
    memcpy(to->row, from->row, places * sizeof *to->row);
    memcpy(to->role, from->role, places * sizeof *to->role);
}

struct tag_board *tag_board_new(uint32_t places, uint16_t width, uint16_t height, uint16_t rate,
                                uint64_t seed)
{
    struct tag_board *board = calloc(1, sizeof *board);
    if (board == NULL)
        return NULL;
    board->width = width;
    board->height = height;
    board->rate = rate;
    board->places = places;
    board->seed = seed;
    board->player = calloc(places, sizeof *board->player);
    board->distances = calloc(tag_lanes(places), sizeof *board->distances);
    bool whole = board->player != NULL && board->distances != NULL;
    whole = moment_make(&board->now, places) && whole;
    for (unsigned i = 0; i < TAG_MOMENTS; i++)
        whole = moment_make(&board->moments[i], places) && whole;
    for (uint32_t i = 0; whole && i < tag_lanes(places); i++)
        board->now.column[i] = board->now.row[i] = TAG_ABSENT;
    if (whole)
        return board;
    tag_board_free(board);
    return NULL;
}

void tag_board_free(struct tag_board *board)
{
    if (board == NULL)
        return;
    for (unsigned i = 0; i < TAG_MOMENTS; i++)
        free(board->moments[i].since);
    free(board->now.since);
    free(board->distances);
    free(board->player);
    free(board);
}

/* ---- players --------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood: Fast splittable generators, 2014); below `limit`. */
static uint32_t draw(struct tag_board *board, uint32_t limit)
{
    uint64_t hash = board->seed += 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    hash ^= hash >> 31;
    return (uint32_t)((hash >> 32) * limit >> 32);
}

bool tag_board_stands(const struct tag_board *board, uint16_t place)
{
    return place < board->now.places && board->now.column[place] != TAG_ABSENT;
}

void tag_board_enter(struct tag_board *board, uint16_t place, const char *name)
{
    struct tag_moment *now = &board->now;
    struct tag_player *player = &board->player[place];
    if (now->places <= place)
        now->places = place + 1u;
    now->column[place] = (int16_t)draw(board, board->width);
    now->row[place] = (int16_t)draw(board, board->height);
    now->role[place] = TAG_FREE;
    now->since[place] = board->turn;
    now->arrival[place] = ++board->arrivals;
    memset(player, 0, sizeof *player);
    player->name_length = (uint8_t)strlen(name);
    memcpy(player->name, name, player->name_length);
    board->players++;
}

void tag_board_leave(struct tag_board *board, uint16_t place)
{
    board->now.column[place] = TAG_ABSENT;
    board->now.row[place] = TAG_ABSENT;
    board->now.role[place] = TAG_FREE;
    board->players--;
    while (board->now.places > 0 && board->now.column[board->now.places - 1] == TAG_ABSENT)
        board->now.places--;
}

void tag_board_steer(struct tag_board *board, uint16_t place, uint8_t heading)
{
    board->player[place].heading = heading;
}

/* ---- a turn ---------------------------------------------------------------------------------- */

static int16_t stepped(int16_t from, int8_t step, uint16_t side)
{
    const int to = from + step;
    return to >= 0 && to < side ? (int16_t)to : from;
}

static bool is_frozen(const struct tag_board *board, uint32_t place)
{
    return board->now.role[place] == TAG_IT &&
           board->turn - board->now.since[place] < FROZEN_SECONDS * (uint32_t)board->rate;
}

static bool is_safe(const struct tag_board *board, uint32_t place)
{
    return board->turn - board->now.since[place] < SAFE_SECONDS * (uint32_t)board->rate;
}

static void move(struct tag_board *board)
{
    struct tag_moment *now = &board->now;
    const bool rest = board->turn % REST == 0;
    for (uint32_t i = 0; i < now->places; i++) {
        const uint8_t heading = board->player[i].heading;
        if (now->column[i] == TAG_ABSENT || heading == 0)
            continue;
        if (now->role[i] == TAG_FREE ? rest : is_frozen(board, i))
            continue;
        now->column[i] = stepped(now->column[i], step_column[heading], board->width);
        now->row[i] = stepped(now->row[i], step_row[heading], board->height);
    }
}

static uint16_t seconds_since(const struct tag_board *board, uint32_t turn)
{
    const uint32_t seconds = (board->turn - turn) / board->rate;
    return seconds < UINT16_MAX ? (uint16_t)seconds : UINT16_MAX;
}

uint16_t tag_board_best(const struct tag_board *board, uint16_t place)
{
    const uint16_t before = board->player[place].best;
    const uint16_t now = seconds_since(board, board->now.since[place]);
    return board->now.role[place] == TAG_FREE && now > before ? now : before;
}

static void become(struct tag_board *board, uint32_t place, enum tag_role role)
{
    board->player[place].best = tag_board_best(board, (uint16_t)place);
    board->now.role[place] = (uint8_t)role;
    board->now.since[place] = board->turn;
}

static void count(uint16_t *number)
{
    if (*number < UINT16_MAX)
        ++*number;
}

/* Someone within reach who is free, and not safe: the nearest, and of these the one whose number
 * follows. Returns its place, or the tagger's own. */
static uint32_t find_victim(const struct tag_board *board, uint32_t tagger)
{
    const uint32_t places = board->now.places;
    int16_t nearest = REACH + 1;
    uint32_t victim = tagger;
    unsigned near = 0;
    tag_distances(&board->now, board->now.column[tagger], board->now.row[tagger], board->distances);
    for (uint32_t i = 0; i < places; i++)
        near += board->distances[i] <= REACH;
    for (uint32_t i = (tagger + 1) % places; near > 1 && i != tagger; i = (i + 1) % places) {
        if (board->distances[i] < nearest && board->now.role[i] == TAG_FREE && !is_safe(board, i)) {
            nearest = board->distances[i];
            victim = i;
        }
    }
    return victim;
}

static void tag(struct tag_board *board)
{
    for (uint32_t i = 0; i < board->now.places; i++) {
        if (board->now.role[i] != TAG_IT || is_frozen(board, i))
            continue;
        const uint32_t victim = find_victim(board, i);
        if (victim == i)
            continue;
        count(&board->player[i].tags);
        count(&board->player[victim].tagged);
        become(board, i, TAG_FREE);
        become(board, victim, TAG_IT);
    }
}

/* Of those with this role: one by lot, or the one who has been that longest. */
static uint32_t choose(struct tag_board *board, enum tag_role role, bool by_lot)
{
    const struct tag_moment *now = &board->now;
    uint32_t chosen = UINT32_MAX, seen = 0;
    for (uint32_t i = 0; i < now->places; i++) {
        if (now->column[i] == TAG_ABSENT || now->role[i] != role)
            continue;
        if (by_lot ? draw(board, ++seen) == 0
                   : chosen == UINT32_MAX || now->since[i] < now->since[chosen])
            chosen = i;
    }
    return chosen;
}

/* As many are it as there should be. */
static void balance(struct tag_board *board)
{
    uint32_t wanted = board->players / PLAYERS_FOR_ONE_IT, are = 0;
    if (wanted == 0 && board->players > 1)
        wanted = 1;
    for (uint32_t i = 0; i < board->now.places; i++)
        are += board->now.role[i] == TAG_IT;
    for (; are < wanted; are++)
        become(board, choose(board, TAG_FREE, true), TAG_IT);
    for (; are > wanted; are--)
        become(board, choose(board, TAG_IT, false), TAG_FREE);
}

void tag_board_turn(struct tag_board *board)
{
    board->now.turn = ++board->turn;
    move(board);
    tag(board);
    balance(board);
    moment_copy(&board->moments[board->turn % TAG_MOMENTS], &board->now);
}

/* ---- questions ------------------------------------------------------------------------------- */

uint32_t tag_board_turns(const struct tag_board *board)
{
    return board->turn;
}

uint16_t tag_board_side(const struct tag_board *board)
{
    return board->width > board->height ? board->width : board->height;
}

uint32_t tag_board_players(const struct tag_board *board)
{
    return board->players;
}

const struct tag_player *tag_board_player(const struct tag_board *board, uint16_t place)
{
    return &board->player[place];
}

const struct tag_moment *tag_board_moment(const struct tag_board *board, uint32_t turn)
{
    const struct tag_moment *moment = &board->moments[turn % TAG_MOMENTS];
    return turn > 0 && moment->turn == turn ? moment : NULL;
}

/* So many numbers are computed with at once; an extension that gcc and clang share. */
#define WIDTH 8
typedef int16_t lanes __attribute__((vector_size(WIDTH * sizeof(int16_t))));

static inline lanes larger(lanes a, lanes b)
{
    const lanes first = a > b;
    return (a & first) | (b & ~first);
}

static inline lanes apart(const int16_t *values, int16_t value)
{
    lanes from;
    memcpy(&from, values, sizeof from);
    from -= value;
    return larger(from, -from);
}

void tag_distances(const struct tag_moment *moment, int16_t column, int16_t row, int16_t *distances)
{
    for (uint32_t i = 0; i < tag_lanes(moment->places); i += WIDTH) {
        const lanes far = larger(apart(moment->column + i, column), apart(moment->row + i, row));
        memcpy(distances + i, &far, sizeof far);
    }
}

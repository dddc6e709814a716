/* tag_board.h - the board of a game of Tag: who stands where, who is it, and how a turn changes
 * that. docs/game.md has the rules.
 *
 * A player stands at a place, a number from 0 on, which its owner (tag_game.h) chooses. After each
 * turn the board keeps a moment, a copy of where everybody stands; the last TAG_MOMENTS of them are
 * what changes are told from. Coordinates lie in arrays of their own, since what is computed for
 * each pair of players, their distance, then is computed for eight of them at once.
 */
#ifndef TAG_BOARD_H
#define TAG_BOARD_H

#include "tag_wire.h"

#define TAG_MOMENTS 64 /* a power of two; a STATE builds on one of the last 63 */
#define TAG_ABSENT                                                                                 \
    INT16_MIN / 2 /* the column and row of nobody: farther than any board is wide                  \
                   */

enum tag_role { TAG_FREE = 0, TAG_IT = 1 };

/* Arrays by place are as long as the next multiple of this, and may be computed with up to there.
 */
#define TAG_LANES 64

/* Everybody after one turn. */
struct tag_moment {
    uint32_t turn;   /* 0: none yet */
    uint32_t places; /* that the arrays have values for */
    int16_t *column; /* TAG_ABSENT: nobody stands at this place */
    int16_t *row;
    uint8_t *role;     /* enum tag_role */
    uint32_t *since;   /* the turn from which they have been that */
    uint32_t *arrival; /* a number that nobody else has had: the same one at the same place is the
                          same player */
};

/* What of a player nobody but itself is told, or everybody but once. */
struct tag_player {
    char name[TAG_NAME_MOST + 1];
    uint8_t name_length;
    uint8_t heading;
    uint16_t tags, tagged; /* up to 65535 */
    uint16_t best;         /* seconds of having been free, at most, up to 65535 */
};

struct tag_board;

/* How long an array by place is. */
static inline uint32_t tag_lanes(uint32_t places)
{
    return (places + TAG_LANES - 1) / TAG_LANES * TAG_LANES;
}

/* `places`: how many players at most. The seed decides where players appear and who is drawn.
 * Returns NULL when there is no memory. */
struct tag_board *tag_board_new(uint32_t places, uint16_t width, uint16_t height, uint16_t rate,
                                uint64_t seed);
void tag_board_free(struct tag_board *board);

/* A player appears at a place that nobody has; it is part of the next moment. */
void tag_board_enter(struct tag_board *board, uint16_t place, const char *name);
void tag_board_leave(struct tag_board *board, uint16_t place);
/* heading: 0 to 8. */
void tag_board_steer(struct tag_board *board, uint16_t place, uint8_t heading);

/* All move, tag, and are kept as a moment. */
void tag_board_turn(struct tag_board *board);

/* ---- questions ------------------------------------------------------------------------------- */

uint32_t tag_board_turns(const struct tag_board *board);
/* The longer one of its sides. */
uint16_t tag_board_side(const struct tag_board *board);
uint32_t tag_board_players(const struct tag_board *board);
bool tag_board_stands(const struct tag_board *board, uint16_t place);
const struct tag_player *tag_board_player(const struct tag_board *board, uint16_t place);
/* For how long it has been free at most, in seconds, this time included. */
uint16_t tag_board_best(const struct tag_board *board, uint16_t place);

/* As it was after `turn`; NULL where that is too long ago, or has not been. */
const struct tag_moment *tag_board_moment(const struct tag_board *board, uint32_t turn);

/* Each one's distance from a cell: the larger of columns and rows between them, more than
 * TAG_SIDE_MOST where nobody stands. `distances` is an array by place. */
void tag_distances(const struct tag_moment *moment, int16_t column, int16_t row,
                   int16_t *distances);

#endif

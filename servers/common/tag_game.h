/* tag_game.h - a game of Tag as its server sees it: seats, and the board (tag_board.h) on which
 * those stand who have one.
 *
 * A seat is taken by JOIN, is on the board from the first INPUT on, and is given up by LEAVE, by
 * another JOIN from the same address and port, or by silence. Nothing here waits, reads a clock, or
 * is locked: in a .flux file every node that calls this holds one constraint. Times are nanoseconds
 * of one monotonic clock.
 */
#ifndef TAG_GAME_H
#define TAG_GAME_H

#include "clients.h"
#include "datagrams.h"
#include "tag_state.h"

struct tag_rules {
    uint32_t seats;
    uint64_t per_client; /* seats for one address; 0: any number */
    uint16_t width, height;
    uint16_t rate;    /* turns in a second */
    uint64_t silence; /* ns after which a player is removed */
    uint64_t seed;
};

struct tag_game;

/* Returns NULL when there is no memory. */
struct tag_game *tag_game_new(const struct tag_rules *rules);
void tag_game_free(struct tag_game *game);

/* A client whose cookie was right wants to join: gives it a seat, or finds the one that it has, and
 * fills in `welcome`. Returns 0; EINVAL: not a name; ENOSPC: all seats are taken; EUSERS: too many
 * from this address; ENOMEM. `token`: drawn by the caller, and nobody's guess. */
int tag_game_join(struct tag_game *game, const struct tag_request *request,
                  const struct endpoint *from, uint64_t token, uint64_t now,
                  struct tag_welcome *welcome);

/* Return 0; ESRCH: this is no player, or not at this address; EALREADY: late, twice or wild;
 * EBUSY: more of them than anybody needs. Anything but 0 has no effect. */
int tag_game_input(struct tag_game *game, const struct tag_request *request,
                   const struct endpoint *from, uint64_t now);
int tag_game_leave(struct tag_game *game, const struct tag_request *request,
                   const struct endpoint *from);

/* The next turn. */
void tag_game_turn(struct tag_game *game);

/* Seats by number, for those who go through all. */
uint32_t tag_game_seats(const struct tag_game *game);

/* Writes the STATE of the last turn for this seat, TAG_DATAGRAM_MOST bytes at most, and says where
 * it goes. Returns its size; 0: it gets none, as nobody is on the board there, or has been silent
 * for a second. */
size_t tag_game_state(struct tag_game *game, uint32_t seat, uint64_t now, uint8_t *data,
                      struct endpoint *to);

/* Writes the GONE that says that the server stops. Returns its size, 0 where nobody sits. */
size_t tag_game_farewell(const struct tag_game *game, uint32_t seat, uint8_t *data,
                         struct endpoint *to);

/* Removes those who have been silent for too long, and those who have taken a seat and not come in
 * a few seconds. Returns how many. */
uint32_t tag_game_expire(struct tag_game *game, uint64_t now);

/* On the board; those who have a seat. */
uint32_t tag_game_players(const struct tag_game *game);
uint32_t tag_game_seated(const struct tag_game *game);
uint32_t tag_game_turns(const struct tag_game *game);

#endif

/* tag_state.h - what a STATE says behind its head, on the server's side: which players it is about,
 * and what has changed of them. docs/game.md lays it out.
 */
#ifndef TAG_STATE_H
#define TAG_STATE_H

#include "tag_board.h"

/* Codes of changes. */
enum {
    TAG_CODE_STANDS = 40,
    TAG_CODE_STEP_MOST = 80,
    TAG_CODE_ELSEWHERE = 81,
    TAG_CODE_ROLE = 82,
    TAG_CODE_GONE = 83,
    TAG_CODE_RUN = 128, /* and more: that one and (code - 128) others stand where they stood */
    TAG_STEP_MOST = 4,
    TAG_ROLE_IT = 128, /* behind TAG_CODE_ROLE, plus for how many turns it has been that */
};

/* So many players are in a STATE at most, as in the next each of them may be a byte. */
#define TAG_KNOWN_MOST 1000

/* Who was in a STATE: all whose distance was below `reach`, and of those at that distance the ones
 * whose place was up to `last` ahead of the receiver's, in the circle of 65536. */
struct tag_view {
    uint32_t turn; /* 0: none */
    int16_t reach; /* above TAG_SIDE_MOST: everybody */
    uint16_t last;
};

/* What the coder needs beside the board: room for arrays by place, and codes that many receivers
 * share. */
struct tag_coder;

/* Returns NULL when there is no memory. */
struct tag_coder *tag_coder_new(const struct tag_board *board, uint32_t places);
void tag_coder_free(struct tag_coder *coder);

#define TAG_ROOM (TAG_DATAGRAM_MOST - TAG_STATE_HEAD)

/* Writes changes and newcomers, up to TAG_ROOM bytes, for the player at `place`, who stands there
 * as of the board's last turn, and who knows what was in `base`; NULL: nobody. `base` is a view
 * that it was sent, of a turn that the board has not forgotten. Says in `view` who is in it now.
 * Returns the number of bytes. */
size_t tag_state_write(struct tag_coder *coder, uint16_t place, const struct tag_view *base,
                       uint8_t *data, struct tag_view *view);

/* How `view` is told to its receiver: the distance from which on players may be missing. */
uint16_t tag_view_reach(const struct tag_view *view);

#endif

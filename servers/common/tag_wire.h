/* tag_wire.h - the datagrams of the game of Tag, as docs/game.md lays them out, but for what is in
 * a STATE behind its head (tag_state.h).
 *
 * Readers take what a stranger has sent: they check every length and value before they believe it.
 * Writers return how many bytes they have written; the caller has room for TAG_DATAGRAM_MOST.
 */
#ifndef TAG_WIRE_H
#define TAG_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAG_VERSION       1
#define TAG_DATAGRAM_MOST 1200 /* passes without fragments wherever IPv6 does, tunnels included */
#define TAG_REQUEST_MOST  49   /* the longest that a client sends */
#define TAG_STATE_HEAD    31
#define TAG_COOKIE_SIZE   16
#define TAG_NAME_MOST     16
#define TAG_EVERYBODY     UINT16_MAX /* as reach */
#define TAG_SEATS_MOST    65535
#define TAG_SIDE_MOST     10000 /* of a board */

enum tag_kind {
    TAG_INVALID = 0,
    TAG_HELLO = 1,
    TAG_JOIN = 2,
    TAG_INPUT = 3,
    TAG_LEAVE = 4,
    TAG_FOREIGN = 5, /* HELLO or JOIN of another version; no kind on the wire */
    TAG_CHALLENGE = 129,
    TAG_WELCOME = 130,
    TAG_REFUSED = 131,
    TAG_GONE = 132,
    TAG_STATE = 133,
};

enum tag_refusal {
    TAG_FULL = 1,
    TAG_CROWD = 2, /* too many players from one address */
    TAG_STALE = 3, /* the cookie */
    TAG_NAMELESS = 4,
    TAG_OTHER_VERSION = 5,
};

enum tag_gone { TAG_HAS_LEFT = 1, TAG_UNKNOWN = 2, TAG_STOPPED = 3 };

/* What a client sends; which fields count depends on the kind. */
struct tag_request {
    enum tag_kind kind;
    uint64_t nonce; /* HELLO, JOIN, FOREIGN */
    uint32_t time;  /* JOIN */
    uint8_t cookie[TAG_COOKIE_SIZE];
    char name[TAG_NAME_MOST + 1]; /* JOIN; empty: not a name that may be */
    uint16_t player;              /* INPUT, LEAVE */
    uint64_t token;
    uint16_t sequence;
    uint32_t acknowledged; /* INPUT: a turn, 0: none */
    uint8_t heading;       /* INPUT: 0 to 8 */
};

struct tag_challenge {
    uint64_t nonce;
    uint32_t time;
    uint8_t cookie[TAG_COOKIE_SIZE];
};

struct tag_welcome {
    uint64_t nonce;
    uint16_t player;
    uint64_t token;
    uint16_t rate; /* turns in a second */
    uint16_t width, height;
    uint32_t turn;
    uint16_t patience; /* seconds that a player may be silent for */
    uint16_t seats;
};

struct tag_refused {
    uint8_t version; /* the server's */
    uint64_t nonce;
    uint8_t reason; /* enum tag_refusal */
};

struct tag_farewell {
    uint16_t player;
    uint64_t token;
    uint8_t reason; /* enum tag_gone */
};

struct tag_state_head {
    uint16_t player;
    uint64_t token;
    uint32_t turn;
    uint8_t base;      /* turns before that; 0: none */
    uint16_t sequence; /* of the last INPUT that counted */
    uint16_t reach;
    uint16_t players; /* on the board */
    uint16_t tags, tagged;
    uint16_t best; /* seconds */
};

/* What a client has sent; TAG_INVALID where it is nothing that a client may send. */
enum tag_kind tag_read_request(struct tag_request *request, const uint8_t *data, size_t size);

/* What kind a server's datagram claims to be, TAG_INVALID if none; the others read that kind and
 * return false where it is not as it should be. */
enum tag_kind tag_read_kind(const uint8_t *data, size_t size);
bool tag_read_challenge(struct tag_challenge *challenge, const uint8_t *data, size_t size);
bool tag_read_welcome(struct tag_welcome *welcome, const uint8_t *data, size_t size);
bool tag_read_refused(struct tag_refused *refused, const uint8_t *data, size_t size);
bool tag_read_farewell(struct tag_farewell *farewell, const uint8_t *data, size_t size);
bool tag_read_state_head(struct tag_state_head *head, const uint8_t *data, size_t size);

/* By request->kind, which is one of the four. */
size_t tag_write_request(uint8_t *data, const struct tag_request *request);
size_t tag_write_challenge(uint8_t *data, const struct tag_challenge *challenge);
size_t tag_write_welcome(uint8_t *data, const struct tag_welcome *welcome);
size_t tag_write_refused(uint8_t *data, uint64_t nonce, enum tag_refusal reason);
size_t tag_write_farewell(uint8_t *data, const struct tag_farewell *farewell);
size_t tag_write_state_head(uint8_t *data, const struct tag_state_head *head);

/* 1 to 16 printable characters of ASCII, no blank at either end. */
bool tag_name_is_valid(const char *name, size_t length);

/* Whether `number` is 1 to `window` ahead of `last` in the circle of 65536 (as RFC 1982). */
bool tag_is_ahead(uint16_t number, uint16_t last, uint16_t window);

/* Numbers as they stand in datagrams, most significant byte first. */
static inline uint16_t tag_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t tag_get32(const uint8_t *at)
{
    return (uint32_t)tag_get16(at) << 16 | tag_get16(at + 2);
}

static inline uint8_t *tag_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
    return at + 2;
}

static inline uint8_t *tag_put32(uint8_t *at, uint32_t value)
{
    return tag_put16(tag_put16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

#endif

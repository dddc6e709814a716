#include "tag_wire.h"

#include <string.h>

#define HEAD 4 /* "TG", version, kind */

/* How long each kind is; JOIN and STATE are longer by what they carry. */
enum {
    HELLO_SIZE = 32,
    CHALLENGE_SIZE = 32,
    JOIN_HEAD = 33,
    WELCOME_SIZE = 36,
    REFUSED_SIZE = 13,
    INPUT_SIZE = 21,
    LEAVE_SIZE = 16,
    GONE_SIZE = 15,
};

_Static_assert(CHALLENGE_SIZE <= HELLO_SIZE, "what is not asked for by its receiver is no longer");
_Static_assert(REFUSED_SIZE <= HELLO_SIZE && REFUSED_SIZE <= JOIN_HEAD, "nor is a refusal");
_Static_assert(GONE_SIZE <= LEAVE_SIZE && GONE_SIZE <= INPUT_SIZE, "nor is GONE");
_Static_assert(JOIN_HEAD + TAG_NAME_MOST == TAG_REQUEST_MOST, "the longest request is a JOIN");

static uint64_t get64(const uint8_t *at)
{
    return (uint64_t)tag_get32(at) << 32 | tag_get32(at + 4);
}

static uint8_t *put64(uint8_t *at, uint64_t value)
{
    return tag_put32(tag_put32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static uint8_t *put_head(uint8_t *data, enum tag_kind kind)
{
    data[0] = 'T';
    data[1] = 'G';
    data[2] = TAG_VERSION;
    data[3] = (uint8_t)kind;
    return data + HEAD;
}

static bool has_head(const uint8_t *data, size_t size)
{
    return size > HEAD && data[0] == 'T' && data[1] == 'G';
}

static bool is_zero(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

bool tag_name_is_valid(const char *name, size_t length)
{
    if (length < 1 || length > TAG_NAME_MOST || name[0] == ' ' || name[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] < ' ' || name[i] > '~')
            return false;
    return true;
}

bool tag_is_ahead(uint16_t number, uint16_t last, uint16_t window)
{
    uint16_t ahead = (uint16_t)(number - last);
    return ahead > 0 && ahead <= window;
}

/* ---- what a client sends --------------------------------------------------------------------- */

static enum tag_kind read_join(struct tag_request *request, const uint8_t *data, size_t size)
{
    if (size <= JOIN_HEAD || size > TAG_REQUEST_MOST ||
        size != JOIN_HEAD + (size_t)data[JOIN_HEAD - 1])
        return TAG_INVALID;
    const size_t length = size - JOIN_HEAD;
    request->nonce = get64(data + 4);
    request->time = tag_get32(data + 12);
    memcpy(request->cookie, data + 16, TAG_COOKIE_SIZE);
    request->name[0] = '\0';
    if (tag_name_is_valid((const char *)data + JOIN_HEAD, length)) {
        memcpy(request->name, data + JOIN_HEAD, length);
        request->name[length] = '\0';
    }
    return TAG_JOIN;
}

static enum tag_kind read_player(struct tag_request *request, enum tag_kind kind,
                                 const uint8_t *data)
{
    request->player = tag_get16(data + 4);
    request->token = get64(data + 6);
    request->sequence = tag_get16(data + 14);
    return kind;
}

static enum tag_kind read_kind(struct tag_request *request, const uint8_t *data, size_t size)
{
    switch (data[3]) {
    case TAG_HELLO:
        if (size != HELLO_SIZE || !is_zero(data + 12, HELLO_SIZE - 12))
            return TAG_INVALID;
        request->nonce = get64(data + 4);
        return TAG_HELLO;
    case TAG_JOIN:
        return read_join(request, data, size);
    case TAG_INPUT:
        if (size != INPUT_SIZE || data[20] > 8)
            return TAG_INVALID;
        request->acknowledged = tag_get32(data + 16);
        request->heading = data[20];
        return read_player(request, TAG_INPUT, data);
    case TAG_LEAVE:
        return size == LEAVE_SIZE ? read_player(request, TAG_LEAVE, data) : TAG_INVALID;
    default:
        return TAG_INVALID;
    }
}

enum tag_kind tag_read_request(struct tag_request *request, const uint8_t *data, size_t size)
{
    request->kind = TAG_INVALID;
    if (!has_head(data, size))
        return TAG_INVALID;
    if (data[2] == TAG_VERSION) {
        request->kind = read_kind(request, data, size);
    } else if ((data[3] == TAG_HELLO || data[3] == TAG_JOIN) && size >= REFUSED_SIZE) {
        request->kind = TAG_FOREIGN;
        request->nonce = get64(data + 4);
    }
    return request->kind;
}

static uint8_t *put_player(uint8_t *at, uint16_t player, uint64_t token)
{
    return put64(tag_put16(at, player), token);
}

size_t tag_write_request(uint8_t *data, const struct tag_request *request)
{
    uint8_t *at = put_head(data, request->kind);
    size_t length;
    switch (request->kind) {
    case TAG_HELLO:
        at = put64(at, request->nonce);
        memset(at, 0, HELLO_SIZE - 12);
        return HELLO_SIZE;
    case TAG_JOIN:
        length = strlen(request->name);
        at = tag_put32(put64(at, request->nonce), request->time);
        at = put_bytes(at, request->cookie, TAG_COOKIE_SIZE);
        *at++ = (uint8_t)length;
        at = put_bytes(at, request->name, length);
        break;
    case TAG_INPUT:
        at = tag_put16(put_player(at, request->player, request->token), request->sequence);
        at = tag_put32(at, request->acknowledged);
        *at++ = request->heading;
        break;
    default:
        at = tag_put16(put_player(at, request->player, request->token), request->sequence);
        break;
    }
    return (size_t)(at - data);
}

/* ---- what the server sends ------------------------------------------------------------------- */

enum tag_kind tag_read_kind(const uint8_t *data, size_t size)
{
    if (!has_head(data, size))
        return TAG_INVALID;
    if (data[2] != TAG_VERSION) /* of all kinds, other servers are understood in this one */
        return data[3] == TAG_REFUSED ? TAG_REFUSED : TAG_INVALID;
    return data[3] >= TAG_CHALLENGE && data[3] <= TAG_STATE ? (enum tag_kind)data[3] : TAG_INVALID;
}

bool tag_read_challenge(struct tag_challenge *challenge, const uint8_t *data, size_t size)
{
    if (size != CHALLENGE_SIZE)
        return false;
    challenge->nonce = get64(data + 4);
    challenge->time = tag_get32(data + 12);
    memcpy(challenge->cookie, data + 16, TAG_COOKIE_SIZE);
    return true;
}

size_t tag_write_challenge(uint8_t *data, const struct tag_challenge *challenge)
{
    uint8_t *at = put64(put_head(data, TAG_CHALLENGE), challenge->nonce);
    put_bytes(tag_put32(at, challenge->time), challenge->cookie, TAG_COOKIE_SIZE);
    return CHALLENGE_SIZE;
}

bool tag_read_welcome(struct tag_welcome *welcome, const uint8_t *data, size_t size)
{
    if (size != WELCOME_SIZE)
        return false;
    welcome->nonce = get64(data + 4);
    welcome->player = tag_get16(data + 12);
    welcome->token = get64(data + 14);
    welcome->rate = tag_get16(data + 22);
    welcome->width = tag_get16(data + 24);
    welcome->height = tag_get16(data + 26);
    welcome->turn = tag_get32(data + 28);
    welcome->patience = tag_get16(data + 32);
    welcome->seats = tag_get16(data + 34);
    return welcome->rate > 0 && welcome->width > 0 && welcome->width <= TAG_SIDE_MOST &&
           welcome->height > 0 && welcome->height <= TAG_SIDE_MOST &&
           welcome->player < welcome->seats;
}

size_t tag_write_welcome(uint8_t *data, const struct tag_welcome *welcome)
{
    uint8_t *at = put64(put_head(data, TAG_WELCOME), welcome->nonce);
    at = tag_put16(put_player(at, welcome->player, welcome->token), welcome->rate);
    at = tag_put16(tag_put16(at, welcome->width), welcome->height);
    at = tag_put16(tag_put32(at, welcome->turn), welcome->patience);
    tag_put16(at, welcome->seats);
    return WELCOME_SIZE;
}

bool tag_read_refused(struct tag_refused *refused, const uint8_t *data, size_t size)
{
    if (size != REFUSED_SIZE)
        return false;
    *refused = (struct tag_refused){data[2], get64(data + 4), data[12]};
    return true;
}

size_t tag_write_refused(uint8_t *data, uint64_t nonce, enum tag_refusal reason)
{
    *put64(put_head(data, TAG_REFUSED), nonce) = (uint8_t)reason;
    return REFUSED_SIZE;
}

bool tag_read_farewell(struct tag_farewell *farewell, const uint8_t *data, size_t size)
{
    if (size != GONE_SIZE)
        return false;
    *farewell = (struct tag_farewell){tag_get16(data + 4), get64(data + 6), data[14]};
    return true;
}

size_t tag_write_farewell(uint8_t *data, const struct tag_farewell *farewell)
{
    *put_player(put_head(data, TAG_GONE), farewell->player, farewell->token) = farewell->reason;
    return GONE_SIZE;
}

bool tag_read_state_head(struct tag_state_head *head, const uint8_t *data, size_t size)
{
    if (size < TAG_STATE_HEAD || size > TAG_DATAGRAM_MOST)
        return false;
    head->player = tag_get16(data + 4);
    head->token = get64(data + 6);
    head->turn = tag_get32(data + 14);
    head->base = data[18];
    head->sequence = tag_get16(data + 19);
    head->reach = tag_get16(data + 21);
    head->players = tag_get16(data + 23);
    head->tags = tag_get16(data + 25);
    head->tagged = tag_get16(data + 27);
    head->best = tag_get16(data + 29);
    return head->turn > head->base;
}

size_t tag_write_state_head(uint8_t *data, const struct tag_state_head *head)
{
    uint8_t *at = put_player(put_head(data, TAG_STATE), head->player, head->token);
    at = tag_put32(at, head->turn);
    *at++ = head->base;
    at = tag_put16(tag_put16(tag_put16(at, head->sequence), head->reach), head->players);
    tag_put16(tag_put16(tag_put16(at, head->tags), head->tagged), head->best);
    return TAG_STATE_HEAD;
}

#include "tag_client.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)
#define AGAIN  (SECOND / 2) /* an unanswered request is repeated */
#define ALIVE  (SECOND / 2) /* an INPUT, though no STATE has come */

void tag_client_start(struct tag_client *client, const char *name, uint64_t nonce, uint64_t now)
{
    memset(client, 0, sizeof *client);
    memcpy(client->name, name, strlen(name));
    client->challenge.nonce = nonce;
    client->begun = client->due = now;
}

void tag_client_clear(struct tag_client *client)
{
    tag_scenes_clear(&client->scenes);
}

/* ---- receiving ------------------------------------------------------------------------------- */

static bool take_challenge(struct tag_client *client, const uint8_t *data, size_t size,
                           uint64_t now)
{
    struct tag_challenge challenge;
    if (!tag_read_challenge(&challenge, data, size) || challenge.nonce != client->challenge.nonce)
        return false;
    if (client->phase == TAG_ASKING) {
        client->challenge = challenge;
        client->phase = TAG_JOINING;
        client->due = now;
    }
    return true;
}

static bool take_welcome(struct tag_client *client, const uint8_t *data, size_t size, uint64_t now)
{
    struct tag_welcome welcome;
    if (!tag_read_welcome(&welcome, data, size) || welcome.nonce != client->challenge.nonce)
        return false;
    if (client->phase == TAG_JOINING) {
        client->welcome = welcome;
        client->phase = TAG_PLAYING;
        client->due = client->heard = now;
        tag_scenes_start(&client->scenes, welcome.width, welcome.height);
    }
    return true;
}

static bool take_refused(struct tag_client *client, const uint8_t *data, size_t size, uint64_t now)
{
    struct tag_refused refused;
    if (!tag_read_refused(&refused, data, size) || refused.nonce != client->challenge.nonce)
        return false;
    if (client->phase != TAG_ASKING && client->phase != TAG_JOINING)
        return true; /* late */
    if (refused.reason == TAG_STALE) {
        client->phase = TAG_ASKING;
        client->due = now;
    } else {
        client->phase = TAG_REJECTED;
        client->refusal =
            refused.version != TAG_VERSION ? TAG_OTHER_VERSION : (enum tag_refusal)refused.reason;
        client->due = UINT64_MAX;
    }
    return true;
}

static bool take_farewell(struct tag_client *client, const uint8_t *data, size_t size)
{
    struct tag_farewell farewell;
    if (!tag_read_farewell(&farewell, data, size) || client->phase < TAG_PLAYING ||
        farewell.player != client->welcome.player || farewell.token != client->welcome.token)
        return false;
    if (client->phase > TAG_PLAYING)
        return true; /* twice */
    client->phase = TAG_DISMISSED;
    client->gone = (enum tag_gone)farewell.reason;
    client->due = UINT64_MAX;
    return true;
}

/* Returns whether it is as it should be, and in `news` whether it is newer. */
static bool take_state(struct tag_client *client, const uint8_t *data, size_t size, uint64_t now,
                       bool *news)
{
    struct tag_state_head head;
    if (!tag_read_state_head(&head, data, size) || client->phase < TAG_PLAYING ||
        head.player != client->welcome.player || head.token != client->welcome.token)
        return false;
    if (head.turn <= client->head.turn || client->phase > TAG_PLAYING)
        return true; /* late, or twice */
    if (!client->blind &&
        tag_scenes_read(&client->scenes, &head, data + TAG_STATE_HEAD, size - TAG_STATE_HEAD) != 0)
        return false;
    if (client->head.turn > 0)
        client->lost += head.turn - client->head.turn - 1;
    if (head.sequence != client->head.sequence) {
        const uint64_t asked = client->asked[head.sequence % 64];
        client->trip = asked > 0 && now > asked ? now - asked : 0;
    }
    client->head = head;
    client->heard = client->due = now;
    client->states++;
    *news = true;
    return true;
}

bool tag_client_receive(struct tag_client *client, const uint8_t *data, size_t size, uint64_t now)
{
    bool good = false, news = false;
    switch (tag_read_kind(data, size)) {
    case TAG_CHALLENGE:
        good = take_challenge(client, data, size, now);
        break;
    case TAG_WELCOME:
        good = take_welcome(client, data, size, now);
        break;
    case TAG_REFUSED:
        good = take_refused(client, data, size, now);
        break;
    case TAG_GONE:
        good = take_farewell(client, data, size);
        break;
    case TAG_STATE:
        good = take_state(client, data, size, now, &news);
        break;
    default:
        break;
    }
    client->rejected += !good;
    return news;
}

/* ---- sending --------------------------------------------------------------------------------- */

uint64_t tag_client_due(const struct tag_client *client)
{
    return client->due;
}

void tag_client_steer(struct tag_client *client, uint8_t heading, uint64_t now)
{
    client->heading = heading;
    if (client->phase == TAG_PLAYING)
        client->due = now;
}

void tag_client_leave(struct tag_client *client, uint64_t now)
{
    client->leaving = true;
    client->due = now;
}

size_t tag_client_send(struct tag_client *client, uint64_t now, uint8_t *data)
{
    struct tag_request request = {.nonce = client->challenge.nonce};
    if (now < client->due)
        return 0;
    client->due = now + AGAIN;
    switch (client->phase) {
    case TAG_ASKING:
        request.kind = TAG_HELLO;
        break;
    case TAG_JOINING:
        request.kind = TAG_JOIN;
        request.time = client->challenge.time;
        memcpy(request.cookie, client->challenge.cookie, TAG_COOKIE_SIZE);
        memcpy(request.name, client->name, sizeof request.name);
        break;
    case TAG_PLAYING:
        request.kind = client->leaving ? TAG_LEAVE : TAG_INPUT;
        request.player = client->welcome.player;
        request.token = client->welcome.token;
        request.sequence = ++client->sequence;
        request.acknowledged = client->head.turn;
        request.heading = client->heading;
        client->asked[client->sequence % 64] = now;
        client->due = now + ALIVE;
        break;
    default:
        client->due = UINT64_MAX;
        return 0;
    }
    return tag_write_request(data, &request);
}

const char *tag_client_reason(const struct tag_client *client)
{
    if (client->phase == TAG_DISMISSED) {
        switch (client->gone) {
        case TAG_HAS_LEFT:
            return "you have left";
        case TAG_STOPPED:
            return "the server stops";
        default:
            return "the server does not know you any more: it has not heard of you for too long, "
                   "or it is another one";
        }
    }
    switch (client->refusal) {
    case TAG_FULL:
        return "all seats are taken";
    case TAG_CROWD:
        return "too many players from this address";
    case TAG_NAMELESS:
        return "the server does not take this name";
    case TAG_OTHER_VERSION:
        return "the server speaks another version of the protocol";
    default:
        return "the server does not say why";
    }
}

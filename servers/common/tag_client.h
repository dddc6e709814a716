/* tag_client.h - a client of the game of Tag, but for its socket, its clock and its screen.
 *
 * Its owner hands it what arrives, asks it what to send and when, and looks at what it knows. Times
 * are nanoseconds of one monotonic clock.
 */
#ifndef TAG_CLIENT_H
#define TAG_CLIENT_H

#include "tag_scene.h"

enum tag_phase {
    TAG_ASKING,  /* HELLO is on its way */
    TAG_JOINING, /* JOIN is */
    TAG_PLAYING,
    TAG_REJECTED, /* refusal says why */
    TAG_DISMISSED /* gone says why */
};

struct tag_client {
    enum tag_phase phase;
    enum tag_refusal refusal;
    enum tag_gone gone;
    char name[TAG_NAME_MOST + 1];
    struct tag_challenge challenge; /* its nonce is the client's */
    struct tag_welcome welcome;
    struct tag_state_head head; /* of the last STATE that was read; turn 0: none */
    struct tag_scenes scenes;
    bool blind; /* heads are read, and acknowledged, but not what is behind them */
    bool leaving;
    uint8_t heading;
    uint16_t sequence;
    uint64_t begun, due;   /* due: when there is something to send */
    uint64_t heard;        /* when the last STATE or WELCOME came */
    uint64_t asked[64];    /* when INPUT was sent, by sequence number */
    uint64_t trip;         /* ns from an INPUT to the STATE that it counted for */
    uint64_t states, lost; /* STATEs that were read; turns between them that did not come */
    uint64_t rejected;     /* datagrams that were not as they should be */
};

/* The name is valid. nonce: drawn by the caller. */
void tag_client_start(struct tag_client *client, const char *name, uint64_t nonce, uint64_t now);
void tag_client_clear(struct tag_client *client);

/* A datagram has come from the server. Returns whether it was a STATE that is news. */
bool tag_client_receive(struct tag_client *client, const uint8_t *data, size_t size, uint64_t now);

/* What is to be sent now, if anything: writes up to TAG_REQUEST_MOST bytes, returns how many. */
size_t tag_client_send(struct tag_client *client, uint64_t now, uint8_t *data);
/* When there will be something; UINT64_MAX: not before something is received. */
uint64_t tag_client_due(const struct tag_client *client);

/* Both take effect with the next tag_client_send. */
void tag_client_steer(struct tag_client *client, uint8_t heading, uint64_t now);
void tag_client_leave(struct tag_client *client, uint64_t now);

/* In words: why it was rejected or dismissed. */
const char *tag_client_reason(const struct tag_client *client);

#endif

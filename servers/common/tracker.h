/* tracker.h - what a peer and a tracker say to each other: over HTTP (BEP 3, compact by BEP 23 and
 * BEP 7) and over UDP (BEP 15). Only bytes; how they travel is the caller's.
 */
#ifndef TRACKER_H
#define TRACKER_H

#include "bencode.h"
#include "clients.h"

enum tracker_event { TRACKER_NONE, TRACKER_COMPLETED, TRACKER_STARTED, TRACKER_STOPPED };

struct tracker_request {
    const uint8_t *info_hash, *peer_id; /* 20 bytes each */
    uint64_t uploaded, downloaded, left;
    enum tracker_event event;
    uint32_t key;
    uint16_t port;
    int want; /* peers; -1: as many as the tracker thinks fit */
};

#define TRACKER_MOST_PEERS  500
#define TRACKER_LONGEST     (512u << 10) /* bytes of an answer */
#define TRACKER_REASON_SIZE 120

struct tracker_reply {
    uint32_t interval, least; /* seconds, 0: not said */
    uint32_t seeds, leechers;
    char reason[TRACKER_REASON_SIZE]; /* of a failure, printable; "": none */
    struct peer peers[TRACKER_MOST_PEERS];
    size_t count;
};

/* ---- HTTP ------------------------------------------------------------------------------------ */

/* The URL of a request, from malloc, or NULL. */
char *tracker_url(const char *announce, const struct tracker_request *request);
/* Returns EBADMSG where it is no answer of a tracker. A failure is an answer: look at reason. */
int tracker_read(struct tracker_reply *reply, const void *data, size_t size);

/* ---- UDP ------------------------------------------------------------------------------------- */

#define TRACKER_CONNECT_SIZE  16
#define TRACKER_ANNOUNCE_SIZE 98
#define TRACKER_PATH_SIZE     258 /* with what BEP 41 adds, at most */

/* "udp://HOST:PORT/..." to host and port. False where it is none. */
bool tracker_split(const char *url, char host[256], char port[8], const char **path);

void tracker_write_connect(uint8_t packet[TRACKER_CONNECT_SIZE], uint32_t transaction);
/* Returns EAGAIN for a packet that answers something else, EBADMSG with a reason for an error. */
int tracker_read_connect(struct tracker_reply *reply, const uint8_t *packet, size_t size,
                         uint32_t transaction, uint64_t *connection);
/* The path and query of the URL go with it (BEP 41). Returns the bytes written. */
size_t tracker_write_announce(uint8_t packet[TRACKER_ANNOUNCE_SIZE + TRACKER_PATH_SIZE],
                              uint64_t connection, uint32_t transaction,
                              const struct tracker_request *request, const char *path);
int tracker_read_announce(struct tracker_reply *reply, const uint8_t *packet, size_t size,
                          uint32_t transaction, int family);

#endif

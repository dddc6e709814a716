/* magnet.h - magnet links of torrents (BEP 9): magnet:?xt=urn:btih:HASH&dn=NAME&tr=URL&x.pe=PEER */
#ifndef MAGNET_H
#define MAGNET_H

#include "metainfo.h"

#define MAGNET_MOST_PEERS 16

struct magnet {
    uint8_t hash[METAINFO_HASH];
    char *name;                     /* what it is said to be called, or NULL; for people only */
    struct metainfo trackers;       /* which are all that is in there; a tier each */
    char *peers[MAGNET_MOST_PEERS]; /* "ADDR:PORT" */
    size_t peer_count;
};

bool magnet_is_one(const char *text);
/* Returns 0, ENOMEM, or EINVAL where it has no SHA-1 hash, in 40 hexadecimal digits or 32 of
 * base 32. Frees nothing: magnet_free does, also after an error. */
int magnet_parse(struct magnet *magnet, const char *link);
void magnet_free(struct magnet *magnet);

#endif

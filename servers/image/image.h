/* image.h - what the nodes of the image server share. */
#ifndef IMAGE_H
#define IMAGE_H

#include "cache.h"
#include "connection.h"

#include <limits.h>

/* How the cache answered. */
enum lookup { LOOKUP_NONE, LOOKUP_HIT, LOOKUP_RENDERING, LOOKUP_MISS };

/* A request while it is served, and the image that it asks for. */
typedef struct image_tag {
    struct exchange exchange; /* its buffer stands behind the tag */
    char file[NAME_MAX + 1];  /* NAME.ppm */
    unsigned size;            /* in eighths */
    uint64_t version;         /* of the file, and of the way it is compressed */
    bool unchanged;           /* the client has this version */
    enum lookup lookup;
    struct cache_entry *entry; /* NULL, or referenced */
    int rendered;              /* readable once the entry has been made by another flow */
    unsigned char *jpeg;       /* rendered, and not yet in the cache */
    size_t jpeg_size;
} image_tag;

/* A connection. While it is idle there is nothing else of it. */
typedef struct client {
    struct connection connection;
    image_tag *request; /* NULL while idle */
} client;

/* Pixels, 3 bytes each, already scaled. */
typedef struct picture {
    unsigned width, height;
    unsigned char pixels[];
} picture;

/* Set by `initial`, read-only from then on. */
struct settings {
    const char *root;
    uint64_t cache_bytes, max_pixels, quality;
    int root_fd;
};
extern struct settings settings;

/* Shared by all flows; a node that uses one holds the constraint of its name. */
extern struct cache *cache;
extern struct clients *clients;

/* Most nodes pass on what they were given. */
#define PASS_ON(in, out)                                                                           \
    ((out)->socket = (in)->socket, (out)->patience = (in)->patience, (out)->peer = (in)->peer)

#endif

/* picture.h - what a drawing of the program shows: rows of shapes, for dot and svg alike.
 *
 * A row is what starts at one place: the sources that share a target and its flow, the definition
 * of an abstract node that stands in several places, the default handler, `initial`, `final`.
 * Bodies are drawn where they stand, one inside the other; a body that stands in several places, or
 * too deep, is drawn once, in a row of its own, and referred to elsewhere. So a drawing grows with
 * the program's text and not with its paths.
 *
 *      Image = ReadRequest -> Handler -> Write;        group Image
 *      Handler:[_, _, hit] = ;                           sequence
 *      Handler:[_, _, _] = Compress -> StoreInCache;       node ReadRequest
 *                                                          group Handler
 *                                                            choice
 *                                                              line
 *                                                              sequence
 *                                                                node Compress
 *                                                                ...
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "program.h"

enum shape_kind {
    SHAPE_NODE,      /* a concrete node */
    SHAPE_REFERENCE, /* an abstract node that is drawn in another row */
    SHAPE_GROUP,     /* an abstract node and, as its one part, its body */
    SHAPE_SEQUENCE,  /* parts one after the other, at least two */
    SHAPE_CHOICE,    /* one part for each arm of node */
    SHAPE_LINE       /* an empty body */
};

struct shape {
    enum shape_kind kind;
    const struct node *node; /* of a node, reference, group, choice */
    VECTOR(struct shape *) parts;
    struct shape *handler; /* of a node, reference or group: where its errors go; NULL */
    void *layout;          /* whoever draws it */
    const struct figures *figures; /* of this place; NULL: its node's, if any */
};

enum row_kind { ROW_FLOW, ROW_DEFINITION, ROW_DEFAULT_HANDLER, ROW_INITIAL, ROW_FINAL };

struct row {
    enum row_kind kind;
    VECTOR(const struct source *) sources; /* of a flow; all have its target */
    VECTOR(struct shape *) origins;        /* of each source: the node's shape; NULL for a clock */
    VECTOR(struct shape *) lasts;          /* of each source: what ends its flows (R44); NULL */
    struct shape *shape;
};

struct picture {
    VECTOR(struct row) rows;
};

const struct picture *picture_of(const struct program *program);

/* What stands on a shape: "[_, _, hit]" of arm i; "readable(fd), 30 s"; "cache?(session)". */
const char *picture_patterns(struct arena *arena, const struct pattern *patterns, unsigned count);
const char *picture_await(struct arena *arena, const struct node *node);
const char *picture_lock(struct arena *arena, const struct lock *lock);

/* "Read (int socket) => (bool close)" */
const char *picture_signature(struct arena *arena, const struct node *node);

#endif

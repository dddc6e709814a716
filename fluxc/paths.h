/* paths.h - numbers for the ways through a routine (Ball and Larus, "Efficient path profiling",
 * MICRO 29, 1996).
 *
 * A way begins at a beginning and ends where an edge is cut or no edge leaves. Each beginning has
 * numbers of its own, `first` to `first + count - 1`; what the edges of a way add to `first` is the
 * way's number.
 */
#ifndef PATHS_H
#define PATHS_H

#include "prog.h"

/* Edges to a step from which there are more ways are cut. */
#define PATHS_MOST (UINT64_C(1) << 32)

enum path_start {
    PATH_SOURCE, /* the source part */
    PATH_FLOW,   /* the flow part */
    PATH_TURN,   /* a turn of a `repeat` */
    PATH_CUT,    /* a step from which there would be too many */
    PATH_KINDS
};

struct path_begin {
    enum path_start kind;
    unsigned step;
    uint64_t first, count;
};

struct paths {
    uint64_t *add;  /* by step: what its edge `other` adds; `next` adds nothing */
    bool *next_cut; /* by step: the way ends with this edge */
    bool *other_cut;
    VECTOR(struct path_begin) begins; /* in the order of their numbers */
    unsigned *at[PATH_KINDS];         /* by kind and step: from 1, which of them; 0: none */
};

struct paths *paths_number(struct arena *arena, const struct routine *routine, uint64_t most);

/* The number with which ways begin that go on at `step` after a cut edge, or, after `born`, the
 * flow part's. */
uint64_t paths_first(const struct paths *paths, enum path_start kind, unsigned step);

/* What kind of beginning stands behind the edge from `from` to `to`, which is cut. */
enum path_start paths_kind(unsigned from, unsigned to);

#endif

/* record.h - what the files of runtimes/debug know of each flow, and of each other.
 *
 * A flow has a record from its birth on, the run of a source from the first constraint that it
 * takes; flow->record is its number. Only whoever runs the flow, or hands it what it waits for,
 * changes a record; the guard is for those that read the records of others.
 */
#ifndef FLUXI_RECORD_H
#define FLUXI_RECORD_H

#ifndef FLUXI_DEBUG
#define FLUXI_DEBUG /* these files are in debug builds alone */
#endif

#include "core.h"
#include "order.h"

/* A constraint that a flow holds or wants. Its name outlives it: a session's constraints do not. */
struct hold {
    const struct flux_constraint *constraint; /* to be compared only; NULL: none */
    const char *name;
    unsigned rank;
    uint32_t at; /* where it was taken, see fluxi_place_at */
    enum flux_mode mode;
};

struct owner {
    const struct flux_source *source; /* NULL: unknown */
    uint64_t flow;                    /* its number; 0: a run of the source */
    uint64_t session;                 /* where source->sessions */
};

struct record {
    atomic_uint guard;
    uint32_t number;
    struct record *free; /* the next one that nobody has */
    bool used;
    bool partial; /* there was no memory: it may hold more than is known */
    struct owner owner;
    uint32_t seen; /* the last suspension point */
    struct hold wants;
    uint64_t since; /* in the queue for it since then, flux_now(); 0: it is just being taken */
    unsigned count, room;
    struct hold *held; /* in order of taking */
};

/* ---- order.c --------------------------------------------------------------------------------- */

/* The records that are in use, one after another; each is to be looked at under its guard, with
 * `used` asked again. From NULL; NULL: no more. */
struct record *fluxi_record_next(const struct record *record);

/* ---- graph.c --------------------------------------------------------------------------------- */

/* The first flow that was seen to want one constraint while it held another. */
struct sighting {
    struct owner owner;
    struct hold held, wanted;
};

#define CIRCLE_MAX 16u

/* What others have shown that leads from `wanted` back to `held`. */
struct circle {
    unsigned count; /* 0: there is no circle */
    const struct sighting *shown[CIRCLE_MAX];
};

/* Adds what has been seen; false: no room, it will be new the next time. */
bool fluxi_graph_add(const struct sighting *sighting, struct circle *circle);

void fluxi_graph_free(void);

/* ---- report.c -------------------------------------------------------------------------------- */

/* Each logs what is wrong, where, and what to do, then aborts. */
_Noreturn void fluxi_report_circle(const struct sighting *now, const struct circle *circle);
_Noreturn void fluxi_report_rank(const struct sighting *now);
_Noreturn void fluxi_report_twice(const struct sighting *now);
_Noreturn void fluxi_report_given(const struct owner *owner, const struct hold *given,
                                  const struct hold *held);
_Noreturn void fluxi_report_kept(const struct record *record, const char *what);

#endif

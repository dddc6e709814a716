/* report.c - debug builds: what is wrong with the order, and who holds what.
 *
 *      constraints are taken in a circle: b, a, b: flows that do so at once wait for ever
 *        flow 2 of Listen holds b (writing, Serve > Put) and wants a (writing, Serve > Put > Log)
 *        flow 1 of Listen held a (reading, Serve) and wanted b (writing, Serve > Put)
 *
 *      who holds what:
 *        flow 3 of Listen holds a (writing, Serve) and has waited 1.5 s for c (reading, Serve >
 *            Get): held by flow 4 (writing), in the queue before it flow 7 (writing)
 *
 * Each is one line of the log (here the last is broken), cut where a line of the log ends.
 */
#include "guard.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

#define BUSY_MAX 200u /* flows that are listed: of those that hold something or wait for it */
#define IDLE_MAX 20u  /* and of the others */
#define NAMED    8u   /* holders, and flows in the queue, that are named in one line */

/* ---- text ------------------------------------------------------------------------------------ */

struct line {
    char text[896]; /* with its head it fits into a line of the log */
    size_t size;
};

static void FLUX_PRINTF(2, 3) add(struct line *line, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof line->text - line->size;
    va_start(arguments, format);
    int length = vsnprintf(line->text + line->size, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        line->size += (size_t)length < room ? (size_t)length : room - 1;
}

static const char *mode_text(enum flux_mode mode)
{
    return mode == FLUX_WRITE ? "writing" : "reading";
}

/* "flow 2 of Listen, session 7" */
static void add_owner(struct line *line, const struct owner *owner)
{
    const char *source = owner->source != NULL ? owner->source->name : "?";
    if (owner->flow == 0) {
        add(line, "a run of source %s", source);
        return;
    }
    add(line, "flow %llu of %s", (unsigned long long)owner->flow, source);
    if (owner->source != NULL && owner->source->sessions)
        add(line, ", session %llu", (unsigned long long)owner->session);
}

/* "Serve > Put"; where the tables do not say, the number of the suspension point. */
static void add_place(struct line *line, const struct flux_source *source, uint32_t at)
{
    char path[256];
    const struct flux_place *place = fluxi_place_at(source, at);
    if (place != NULL)
        add(line, "%s", fluxi_path_text(place, path, sizeof path));
    else
        add(line, "point %u", (unsigned)at);
}

/* "a (writing, Serve > Put)" */
static void add_hold(struct line *line, const struct owner *owner, const struct hold *hold)
{
    add(line, "%s (%s, ", hold->name, mode_text(hold->mode));
    add_place(line, owner->source, hold->at);
    add(line, ")");
}

/* ---- defects --------------------------------------------------------------------------------- */

/* The first thread to come here speaks; another that finds something as well waits for the end. */
static void begin(void)
{
    static atomic_uint spoken;
    fluxi_guard_lock(&spoken);
}

static _Noreturn void end(void)
{
    flux_log(FLUX_ERROR, "the emitted C is wrong, or a table that was written by hand: see "
                         "\"Debug builds\" in docs/runtimes.md");
    fluxi_counters_write();
    abort();
}

static void tell_sighting(const struct sighting *sighting, const char *holds, const char *wants)
{
    struct line line = {.size = 0};
    add_owner(&line, &sighting->owner);
    add(&line, " %s ", holds);
    add_hold(&line, &sighting->owner, &sighting->held);
    add(&line, " and %s ", wants);
    add_hold(&line, &sighting->owner, &sighting->wanted);
    flux_log(FLUX_ERROR, "  %s", line.text);
}

_Noreturn void fluxi_report_circle(const struct sighting *now, const struct circle *circle)
{
    struct line names = {.size = 0};
    begin();
    add(&names, "%s, %s", now->held.name, now->wanted.name);
    for (unsigned i = 0; i < circle->count; i++)
        add(&names, ", %s", circle->shown[i]->wanted.name);
    flux_log(FLUX_ERROR,
             "constraints are taken in a circle: %s: flows that do so at once wait for ever",
             names.text);
    tell_sighting(now, "holds", "wants");
    for (unsigned i = 0; i < circle->count; i++)
        tell_sighting(circle->shown[i], "held", "wanted");
    end();
}

_Noreturn void fluxi_report_rank(const struct sighting *now)
{
    begin();
    flux_log(FLUX_ERROR,
             "constraints are taken against the canonical order (R29): %s has rank %u, %s rank %u",
             now->held.name, now->held.rank, now->wanted.name, now->wanted.rank);
    tell_sighting(now, "holds", "wants");
    end();
}

_Noreturn void fluxi_report_twice(const struct sighting *now)
{
    begin();
    flux_log(FLUX_ERROR, "constraint %s is taken by a flow that holds it (R30)", now->wanted.name);
    tell_sighting(now, "holds", "wants");
    end();
}

_Noreturn void fluxi_report_given(const struct owner *owner, const struct hold *given,
                                  const struct hold *held)
{
    struct line line = {.size = 0};
    begin();
    add_owner(&line, owner);
    if (held == NULL) {
        add(&line, " does not hold it");
    } else {
        add(&line, " holds ");
        add_hold(&line, owner, held);
    }
    flux_log(FLUX_ERROR, "constraint %s is given back (%s) by a flow that has not taken it so",
             given->name, mode_text(given->mode));
    flux_log(FLUX_ERROR, "  %s", line.text);
    end();
}

_Noreturn void fluxi_report_kept(const struct record *record, const char *what)
{
    begin();
    for (unsigned i = 0; i < record->count; i++) {
        struct line line = {.size = 0};
        flux_log(FLUX_ERROR, "constraint %s is held by a flow that %s", record->held[i].name, what);
        add_owner(&line, &record->owner);
        add(&line, " holds ");
        add_hold(&line, &record->owner, &record->held[i]);
        flux_log(FLUX_ERROR, "  %s", line.text);
    }
    end();
}

/* ---- who holds what -------------------------------------------------------------------------- */

/* Names of flows, the first NAMED of them. */
struct crowd {
    struct line line;
    unsigned count;
};

static void join(struct crowd *crowd, const struct owner *owner, enum flux_mode mode)
{
    if (crowd->count < NAMED) {
        add(&crowd->line, crowd->count > 0 ? ", " : "");
        add_owner(&crowd->line, owner);
        add(&crowd->line, " (%s)", mode_text(mode));
    }
    crowd->count++;
}

static void add_crowd(struct line *line, const struct crowd *crowd)
{
    add(line, "%s", crowd->line.text);
    if (crowd->count > NAMED)
        add(line, " and %u more", crowd->count - NAMED);
}

/* Who is in the way of somebody who has waited for a constraint since then. */
static void add_others(struct line *line, const struct flux_constraint *constraint, uint64_t since)
{
    struct crowd holders = {.count = 0}, waiters = {.count = 0};
    for (struct record *record = NULL; (record = fluxi_record_next(record)) != NULL;) {
        fluxi_guard_lock(&record->guard);
        for (unsigned i = 0; i < record->count; i++) {
            if (record->held[i].constraint == constraint)
                join(&holders, &record->owner, record->held[i].mode);
        }
        if (record->wants.constraint == constraint && record->since != 0 && record->since < since)
            join(&waiters, &record->owner, record->wants.mode);
        fluxi_guard_unlock(&record->guard);
    }
    add(line, holders.count > 0 ? ": held by " : ": nobody holds it");
    add_crowd(line, &holders);
    add(line, waiters.count > 0 ? ", in the queue before it " : "");
    add_crowd(line, &waiters);
}

static bool is_busy(struct record *record)
{
    fluxi_guard_lock(&record->guard);
    bool busy = record->count > 0 || record->wants.constraint != NULL;
    fluxi_guard_unlock(&record->guard);
    return busy;
}

/* What one flow holds, and what it waits for or where it was last; nothing, if it has ended. */
static void add_flow(struct line *line, struct record *record)
{
    const struct flux_constraint *waits_for = NULL;
    uint64_t since = 0;

    fluxi_guard_lock(&record->guard);
    if (record->used) { /* raced: it fails when the flow has ended since it was found */
        add_owner(line, &record->owner);
        add(line, record->count > 0 ? " holds " : " holds nothing");
        for (unsigned i = 0; i < record->count; i++) {
            add(line, i > 0 ? ", " : "");
            add_hold(line, &record->owner, &record->held[i]);
        }
        if (record->wants.constraint != NULL && record->since != 0) {
            waits_for = record->wants.constraint;
            since = record->since;
            add(line, " and has waited %.3f s for ", (double)(flux_now() - since) / 1e9);
            add_hold(line, &record->owner, &record->wants);
        } else if (record->seen != 0) {
            add(line, ", last seen at ");
            add_place(line, record->owner.source, record->seen);
        }
    }
    fluxi_guard_unlock(&record->guard);
    if (waits_for != NULL)
        add_others(line, waits_for, since);
}

/* Lists the first flows that are busy, or those that are not; returns how many there are. */
static unsigned list(bool busy, unsigned most)
{
    unsigned count = 0;
    for (struct record *record = NULL; (record = fluxi_record_next(record)) != NULL;) {
        struct line line = {.size = 0};
        if (is_busy(record) != busy)
            continue;
        if (count++ < most)
            add_flow(&line, record);
        if (line.size > 0)
            flux_log(FLUX_WARNING, "  %s", line.text);
    }
    return count;
}

void fluxi_order_report(void)
{
    flux_log(FLUX_WARNING, "who holds what:");
    unsigned busy = list(true, BUSY_MAX), idle = list(false, IDLE_MAX);
    unsigned told = (busy < BUSY_MAX ? busy : BUSY_MAX) + (idle < IDLE_MAX ? idle : IDLE_MAX);
    if (busy + idle == 0)
        flux_log(FLUX_WARNING, "  no flow is alive");
    else if (busy + idle > told)
        flux_log(FLUX_WARNING, "  and %u more flows", busy + idle - told);
}

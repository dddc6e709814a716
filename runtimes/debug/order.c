/* order.c - debug builds: what each flow holds, and that it takes and gives as it should.
 *
 * Tools that look for deadlocks remember locks by thread. Here they travel with a flow, from thread
 * to thread, and several flows of one thread hold some at the same time; so the flow is what is
 * remembered. The first of these defects ends the program with a report, though nothing hangs:
 *
 *      - a constraint is taken that the flow holds already (R30: the compiler leaves that out)
 *      - its rank is below that of one that the flow holds (R29)
 *      - the orders in which flows have taken constraints so far make a circle. Constraints are the
 *        same if their names are, whosever session they are of: flows of one session behave like
 *        those of another, only the hang is rarer. Reading counts as writing does, since readers
 *        queue behind a writer that waits (graph.c)
 *      - one is given back that the flow does not hold, or holds in another mode
 *      - a flow ends, or waits to be admitted, and holds one (R28)
 *
 * With ranks that the compiler has given, no circle can come about without one taken below its
 * rank. The circle is looked for all the same: it does not rely on ranks, and it names the other
 * flows.
 *
 * Who holds what, who waits for whom and since when can be asked at any time, of a program that
 * hangs above all: `kill -QUIT` makes the main thread log it (report.c), and so does the end of
 * --grace while flows are alive.
 *
 * Memory is bounded by what is alive (records are used again) and by pairs of names. If there is
 * none, less is watched, and nothing else changes. Where a flow holds nothing, taking costs two
 * exchanges on its own record; where it holds something, a look into a table of the thread.
 */
#include "guard.h"
#include "record.h"

#include <stdlib.h>

#define CHUNK     256u /* records */
#define CHUNKS    16384u
#define UNWATCHED UINT32_MAX /* flow->record: there was no memory for one */
#define ROOM_MIN  4u
#define KNOWN     256u

static struct {
    atomic_uint guard; /* of what follows */
    struct record *free;
    atomic_uint chunks; /* only grows until the end */
    struct record *chunk[CHUNKS];
} records;

/* ---- records --------------------------------------------------------------------------------- */

/* Under the guard. */
static void add_chunk(void)
{
    unsigned count = atomic_load(&records.chunks);
    /* uncovered: four million flows */
    struct record *chunk = count < CHUNKS ? calloc(CHUNK, sizeof *chunk) : NULL;
    if (chunk == NULL)
        return;
    for (unsigned i = CHUNK; i-- > 0;) {
        chunk[i].number = count * CHUNK + i + 1; /* 0 is none */
        chunk[i].free = records.free;
        records.free = &chunk[i];
    }
    records.chunk[count] = chunk;
    atomic_store(&records.chunks, count + 1);
}

static struct record *record_new(void)
{
    fluxi_guard_lock(&records.guard);
    if (records.free == NULL)
        add_chunk();
    struct record *record = records.free;
    if (record != NULL)
        records.free = record->free;
    fluxi_guard_unlock(&records.guard);
    return record;
}

static struct record *record_at(uint32_t number)
{
    return &records.chunk[(number - 1) / CHUNK][(number - 1) % CHUNK];
}

struct record *fluxi_record_next(const struct record *record)
{
    uint32_t end = atomic_load(&records.chunks) * CHUNK;
    for (uint32_t number = record != NULL ? record->number + 1 : 1; number <= end; number++) {
        struct record *next = record_at(number);
        fluxi_guard_lock(&next->guard);
        bool used = next->used;
        fluxi_guard_unlock(&next->guard);
        if (used)
            return next;
    }
    return NULL;
}

/* Whoever runs the flow is the only one to change this, so it need not lock to look. */
static void bring_up_to_date(struct record *record, const struct flux_flow *flow)
{
    struct owner owner = {flow->source, flow->id, flow->session_id};
    if (record->used && record->owner.flow == owner.flow && record->owner.session == owner.session)
        return;
    fluxi_guard_lock(&record->guard);
    record->used = true;
    record->owner = owner;
    fluxi_guard_unlock(&record->guard);
}

/* The record of a flow; NULL: it is not watched. */
static struct record *record_of(struct flux_flow *flow)
{
    struct record *record = NULL;
    if (flow->record == UNWATCHED)
        return NULL;
    if (flow->record == 0) {
        record = record_new();
        flow->record = record != NULL ? record->number : UNWATCHED;
    } else {
        record = record_at(flow->record);
    }
    if (record != NULL)
        bring_up_to_date(record, flow);
    return record;
}

/* Room for one more that is held. */
static bool make_room(struct record *record)
{
    if (record->count < record->room)
        return true;
    unsigned room = record->room == 0 ? ROOM_MIN : record->room * 2;
    struct hold *held = malloc(room * sizeof *held), *old = record->held;
    if (held == NULL)
        return false;
    if (old != NULL)
        memcpy(held, old, record->count * sizeof *held);
    fluxi_guard_lock(&record->guard);
    record->held = held;
    record->room = room;
    fluxi_guard_unlock(&record->guard);
    free(old);
    return true;
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* Is this pair known to be in order? What this thread has asked for lately is, without a lock. */
static bool is_known(const struct sighting *now, bool add)
{
    static _Thread_local struct {
        const char *held, *wanted;
    } known[KNOWN];
    uintptr_t mixed = (uintptr_t)now->held.name * 31 + (uintptr_t)now->wanted.name;
    unsigned place = (unsigned)((mixed ^ mixed >> 12) % KNOWN);
    if (add) {
        known[place].held = now->held.name;
        known[place].wanted = now->wanted.name;
    }
    return known[place].held == now->held.name && known[place].wanted == now->wanted.name;
}

static void check_order(const struct record *record, const struct hold *wanted)
{
    struct sighting now = {.owner = record->owner, .wanted = *wanted};
    struct circle circle;
    for (unsigned i = 0; i < record->count; i++) {
        now.held = record->held[i];
        if (is_known(&now, false))
            continue;
        if (strcmp(now.held.name, wanted->name) == 0)
            fluxi_report_twice(&now);
        bool added = fluxi_graph_add(&now, &circle);
        if (circle.count > 0)
            fluxi_report_circle(&now, &circle);
        if (now.held.rank > wanted->rank)
            fluxi_report_rank(&now);
        if (added)
            is_known(&now, true);
    }
}

/* ---- what the core and the runtimes tell ----------------------------------------------------- */

void fluxi_order_born(struct flux_flow *flow)
{
    const struct record *record = record_of(flow);
    if (record != NULL && record->count > 0)
        fluxi_report_kept(record, "waits to be admitted");
}

void fluxi_order_wants(struct flux_flow *flow, const struct flux_constraint *constraint,
                       enum flux_mode mode, uint32_t at)
{
    struct record *record = record_of(flow);
    struct hold wanted = {constraint, constraint->name, constraint->rank, at, mode};
    if (record == NULL)
        return;
    check_order(record, &wanted);
    if (!make_room(record)) {
        record->partial = true;
        return;
    }
    fluxi_guard_lock(&record->guard);
    record->wants = wanted;
    record->since = 0;
    record->seen = at;
    fluxi_guard_unlock(&record->guard);
}

/* NULL: the flow is not watched, or there was no memory to note what it wants. */
static struct record *record_that_wants(const struct flux_flow *flow)
{
    struct record *record = flow->record != UNWATCHED ? record_at(flow->record) : NULL;
    return record != NULL && record->wants.constraint != NULL ? record : NULL;
}

void fluxi_order_waits(struct flux_flow *flow)
{
    struct record *record = record_that_wants(flow);
    if (record == NULL)
        return;
    fluxi_guard_lock(&record->guard);
    record->since = flux_now();
    fluxi_guard_unlock(&record->guard);
}

void fluxi_order_taken(struct flux_flow *flow)
{
    struct record *record = record_that_wants(flow);
    if (record == NULL)
        return;
    fluxi_guard_lock(&record->guard);
    record->held[record->count++] = record->wants;
    record->wants.constraint = NULL;
    fluxi_guard_unlock(&record->guard);
}

void fluxi_order_given(struct flux_flow *flow, const struct flux_constraint *constraint,
                       enum flux_mode mode)
{
    struct record *record = record_of(flow);
    struct hold given = {constraint, constraint->name, constraint->rank, 0, mode};
    if (record == NULL)
        return;
    unsigned i = record->count;
    while (i > 0 && record->held[i - 1].constraint != constraint)
        i--;
    const struct hold *held = i > 0 ? &record->held[i - 1] : NULL;
    if (held == NULL && record->partial)
        return;
    if (held == NULL || held->mode != mode)
        fluxi_report_given(&record->owner, &given, held);
    fluxi_guard_lock(&record->guard);
    record->count--;
    for (; i <= record->count; i++)
        record->held[i - 1] = record->held[i];
    fluxi_guard_unlock(&record->guard);
}

void fluxi_order_seen(struct flux_flow *flow, uint32_t at)
{
    struct record *record = record_of(flow);
    if (record == NULL)
        return;
    fluxi_guard_lock(&record->guard);
    record->seen = at;
    fluxi_guard_unlock(&record->guard);
}

void fluxi_order_ended(struct flux_flow *flow)
{
    uint32_t number = flow->record;
    flow->record = 0;
    if (number == 0 || number == UNWATCHED)
        return;
    struct record *record = record_at(number);
    if (record->count > 0)
        fluxi_report_kept(record, flow->id != 0 ? "has ended" : "has failed");
    fluxi_guard_lock(&record->guard);
    record->used = record->partial = false;
    record->seen = 0;
    record->wants.constraint = NULL;
    fluxi_guard_unlock(&record->guard);
    fluxi_guard_lock(&records.guard);
    record->free = records.free;
    records.free = record;
    fluxi_guard_unlock(&records.guard);
}

void fluxi_order_free(void)
{
    unsigned count = atomic_exchange(&records.chunks, 0);
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < CHUNK; k++)
            free(records.chunk[i][k].held);
        free(records.chunk[i]);
    }
    records.free = NULL;
    fluxi_graph_free();
}

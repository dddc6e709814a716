/* births.c - flows from source to end.
 *
 * The frame of a source's next run is an item of a loop's ready list like any parked flow. When the
 * source part has given birth, the flow runs straight on the same carrier; the source goes on after
 * it, or, if the flow blocks, at once and elsewhere (carrier.behind). With several loops a source
 * that is not parallel deals its flows to the loops in turn.
 */
#include "loop/loop.h"

#include <errno.h>
#include <stdlib.h>

#define RETRY      100000000u /* ns, while there is no memory for a frame */
#define POKE_PAUSE 10000000u  /* ns, between signals to helpers that are to stop */

static struct driver *drivers;

/* Flows that --max-flows counts, and all else that keeps the program alive: sources and flows of
 * clocks. While one thread runs flows, these are plain numbers. */
static atomic_ulong flows, others;

/* Born flows that wait for room, oldest first. */
static struct {
    pthread_mutex_t mutex;
    struct flow_list flows;
    atomic_uint count;
} room = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Returns the new value. */
static unsigned long add(atomic_ulong *number, unsigned long change)
{
    if (!fluxi_single_threaded)
        return atomic_fetch_add(number, change) + change;
    unsigned long value = atomic_load_explicit(number, memory_order_relaxed) + change;
    atomic_store_explicit(number, value, memory_order_relaxed);
    return value;
}

/* Once `others` is 0 no flow is born any more. Looked at in the other order, a source might give
 * birth and end between the two looks. */
static void less(atomic_ulong *number)
{
    if (add(number, -1ul) == 0 && atomic_load(&others) == 0 && atomic_load(&flows) == 0)
        fluxi_finished();
}

uint64_t fluxi_births_flows(void)
{
    return atomic_load_explicit(&flows, memory_order_relaxed);
}

bool fluxi_births_stopping(const struct flux_flow *flow)
{
    return (flow->flags & FLUXI_SOURCING) && fluxi_source_stopping(flow->origin);
}

/* ---- room ------------------------------------------------------------------------------------ */

/* Counts one more flow, if --max-flows allows for it. Never more, not even for a moment: flux_load
 * tells. */
static bool there_is_room(void)
{
    unsigned long count = atomic_load(&flows);
    if (fluxi_single_threaded && count < fluxi_max_flows) {
        atomic_store_explicit(&flows, count + 1, memory_order_relaxed);
        return true;
    }
    while (count < fluxi_max_flows)
        if (atomic_compare_exchange_weak(&flows, &count, count + 1))
            return true;
    return false;
}

/* True: the flow may run. False: it waits, and its source with it. */
static bool admit(struct flux_flow *flow)
{
    if (there_is_room())
        return true;
    pthread_mutex_lock(&room.mutex);
    /* Whoever ends a flow from here on sees that somebody waits. */
    atomic_fetch_add(&room.count, 1);
    bool admitted = !room.flows.first && there_is_room();
    if (admitted) {
        atomic_fetch_sub(&room.count, 1);
    } else {
        flow->flags = FLUXI_ADMITTED; /* when it is seen again */
        fluxi_flow_append(&room.flows, flow);
    }
    pthread_mutex_unlock(&room.mutex);
    return admitted;
}

/* A flow has ended: the oldest of those that wait goes to the loop of its source, which starts it
 * and goes on. */
static void admit_waiting(void)
{
    pthread_mutex_lock(&room.mutex);
    struct flux_flow *flow = room.flows.first;
    if (flow && there_is_room()) {
        room.flows.first = flow->next;
        atomic_fetch_sub(&room.count, 1);
        fluxi_runtime_ready(flow);
    }
    pthread_mutex_unlock(&room.mutex);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void poke_copies(struct loop *loop, struct timer *timer)
{
    if (fluxi_helpers_poke())
        fluxi_timer_set(loop, timer, flux_now() + POKE_PAUSE);
}

/* FLUX_STOP ends the other copies of a parallel source, too (R14). */
static void interrupt_copies(struct driver *driver)
{
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct driver *other = &drivers[i];
        if (other != driver && other->source->table == driver->source->table)
            fluxi_loop_notify(other->loop, FLUXI_INTERRUPT);
    }
    driver->timer.fire = poke_copies;
    poke_copies(driver->loop, &driver->timer);
}

static void source_ended(struct driver *driver)
{
    if (driver->source->ended)
        return;
    driver->source->ended = true;
    if (driver->source->table->parallel && !atomic_load(&fluxi_stopping))
        interrupt_copies(driver);
    less(&others);
}

/* A frame for the source's next run, perhaps one that is at hand; NULL: not now. */
static struct flux_flow *next_run(struct driver *driver, struct flux_flow *frame)
{
    if (fluxi_source_stopping(driver->source)) {
        if (frame)
            fluxi_frame_free(frame);
        source_ended(driver);
        return NULL;
    }
    struct flux_flow *flow = frame ? frame : fluxi_frame_new(driver->source);
    if (!flow) {
        fluxi_timer_set(driver->loop, &driver->timer, flux_now() + RETRY);
        return NULL;
    }
    flow->flags = FLUXI_SOURCING;
    flow->home = driver->loop;
    return flow;
}

void fluxi_births_go_on(struct loop *loop, struct fluxi_source *source)
{
    struct flux_flow *flow = next_run(source->home, NULL);
    if (flow)
        fluxi_loop_ready(loop, flow);
}

/* The timer of a source: its back-off is over, or there may be memory again. */
static void source_again(struct loop *loop, struct timer *timer)
{
    struct driver *driver = FLUXI_CONTAINER(timer, struct driver, timer);
    struct flux_flow *flow = driver->frame;
    driver->frame = NULL;
    if (flow)
        fluxi_loop_ready(loop, flow);
    else
        fluxi_births_go_on(loop, driver->source);
}

static struct flux_flow *failed(struct loop *loop, struct flux_flow *flow)
{
    struct driver *driver = flow->origin->home;
    uint64_t pause = fluxi_source_failed(flow);
    if (pause == FLUXI_ENDED) {
        source_ended(driver);
        return NULL;
    }
    flow->flags = FLUXI_SOURCING;
    flow->home = loop;
    if (pause == 0)
        return flow;
    driver->frame = flow;
    fluxi_timer_set(loop, &driver->timer, flux_now() + pause);
    return NULL;
}

static void clock_ticks(struct loop *loop, struct timer *timer)
{
    struct driver *driver = FLUXI_CONTAINER(timer, struct driver, timer);
    struct flux_flow *flow = fluxi_clock_tick(driver->source);
    fluxi_timer_set(loop, timer, driver->source->due);
    if (flow)
        fluxi_runtime_launch(flow);
}

void fluxi_runtime_launch(struct flux_flow *flow)
{
    struct driver *driver = flow->origin->home;
    add(&others, 1);
    flow->flags = 0;
    flow->home = driver->loop;
    fluxi_runtime_ready(flow);
}

/* ---- flows ----------------------------------------------------------------------------------- */

/* A flow that --max-flows counts is no more. */
static void left(void)
{
    less(&flows);
    if (atomic_load(&room.count) > 0)
        admit_waiting();
}

static void ended(struct flux_flow *flow)
{
    bool clock = flow->source->period != 0;
    fluxi_flow_ended(flow);
    if (clock)
        less(&others);
    else
        left();
}

/* Runs a flow to its next suspension point, on the heels of its source, which goes on with the same
 * frame if the flow is over by then. Returns the frame of the source's next run, or NULL if it goes
 * on some other way. */
static struct flux_flow *run_straight(struct loop *loop, struct flux_flow *flow)
{
    struct driver *driver = flow->origin->home;
    struct carrier *carrier = loop->running;
    struct flux_flow *frame = NULL;

    carrier->behind = driver->source;
    fluxi_watch_see(loop, flow);
    if (fluxi_run(flow) == FLUX_ENDED) {
        frame = fluxi_flow_again(flow);
        left();
    }
    if (carrier->behind) {
        carrier->behind = NULL;
        return next_run(driver, frame);
    }
    if (frame)
        fluxi_frame_free(frame);
    return NULL;
}

/* Starts a flow that has been admitted, and returns the frame of the source's next run, or NULL if
 * the source goes on some other way. */
static struct flux_flow *start(struct loop *loop, struct flux_flow *flow)
{
    struct fluxi_source *source = flow->origin;
    struct driver *driver = source->home;
    flow->flags = 0;
    if (fluxi_loop_count > 1 && !source->table->parallel) {
        flow->home = &fluxi_loops[driver->deal];
        driver->deal = (driver->deal + 1) % fluxi_loop_count;
    }
    if (flow->home != loop) {
        fluxi_loop_deal(loop, flow);
    } else if (!fluxi_policy.straight) {
        fluxi_loop_ready(loop, flow);
    } else {
        return run_straight(loop, flow);
    }
    return next_run(driver, NULL);
}

/* No source gives birth to flows that could not block. True: it goes on. */
static bool may_run(struct loop *loop, struct flux_flow *flow)
{
    static struct fluxi_log_limit limit;
    struct driver *driver = flow->origin->home;
    if (fluxi_source_stopping(driver->source)) {
        fluxi_frame_free(flow);
        source_ended(driver);
        return false;
    }
    if (loop->idle || fluxi_carrier_reserve(loop, 1))
        return true;
    fluxi_log_limited(&limit, FLUX_WARNING, "no memory for a stack: source %s waits",
                      driver->source->table->name);
    driver->frame = flow;
    fluxi_timer_set(loop, &driver->timer, flux_now() + RETRY);
    return false;
}

/* Runs a frame as far as it goes. Returns the frame with which its source goes on, or NULL. */
static struct flux_flow *advance(struct loop *loop, struct flux_flow *flow)
{
    if (flow->flags & FLUXI_ADMITTED)
        return start(loop, flow);
    if (flow->at == 0 && (flow->flags & FLUXI_SOURCING) && !may_run(loop, flow))
        return NULL;
    fluxi_watch_see(loop, flow);
    switch (fluxi_run(flow)) {
    case FLUX_PARKED:
        break;
    case FLUX_ENDED:
        ended(flow);
        break;
    case FLUX_BORN:
        fluxi_flow_born(flow);
        return admit(flow) ? start(loop, flow) : NULL;
    case FLUX_FAILED:
        return failed(loop, flow);
    }
    return NULL;
}

void fluxi_births_advance(struct loop *loop, struct flux_flow *flow)
{
    while ((flow = advance(loop, flow)) != NULL) {
        if (loop->credit == 0 || fluxi_loop_has_work(loop) || !fluxi_policy.straight) {
            fluxi_loop_ready(loop, flow);
            return;
        }
        loop->credit--;
        loop->spent = 0;
    }
}

/* ---- start and stop -------------------------------------------------------------------------- */

int fluxi_births_start(void)
{
    drivers = calloc(fluxi_source_count, sizeof *drivers);
    if (!drivers)
        return ENOMEM;
    atomic_store(&others, fluxi_source_count);
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct fluxi_source *source = &fluxi_sources[i];
        struct driver *driver = &drivers[i];
        unsigned loop = (source->table->parallel ? source->copy : i) % fluxi_loop_count;
        source->home = driver;
        *driver = (struct driver){.source = source, .loop = &fluxi_loops[loop], .deal = loop};
        driver->timer.fire = source->table->period ? clock_ticks : source_again;
        driver->timer.reserved = true;
        driver->loop->timers.reserved++;
    }
    return 0;
}

void fluxi_births_begin(struct loop *loop)
{
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct driver *driver = &drivers[i];
        if (driver->loop != loop)
            continue;
        if (driver->source->table->period) {
            fluxi_clock_start(driver->source);
            fluxi_timer_set(loop, &driver->timer, driver->source->due);
        } else {
            fluxi_births_go_on(loop, driver->source);
        }
    }
}

void fluxi_births_interrupt(struct loop *loop)
{
    for (unsigned i = 0; i < fluxi_source_count; i++) {
        struct driver *driver = &drivers[i];
        if (driver->loop != loop || driver->source->ended || driver->timer.place == 0 ||
            !fluxi_source_stopping(driver->source))
            continue;
        fluxi_timer_clear(loop, &driver->timer);
        if (driver->frame)
            fluxi_frame_free(driver->frame);
        driver->frame = NULL;
        source_ended(driver);
    }
}

void fluxi_births_free(void)
{
    free(drivers);
    drivers = NULL;
}

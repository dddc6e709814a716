/* flow.c - the life of a flow: what it carries along, and how it begins, fails and ends. */
#include "core.h"

#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>

_Thread_local struct flux_flow *fluxi_current;

static atomic_ullong last_id;

static atomic_ullong unhandled; /* errors, R27 */
static atomic_ullong cancelled; /* of flows that were idle when the program stopped */

/* ---- memory and deferred actions ------------------------------------------------------------- */

/* One flux_alloc (action NULL, the memory follows) or one flux_defer (the argument follows). */
struct flux_attachment {
    struct flux_attachment *next;
    void (*action)(void *argument);
    alignas(max_align_t) unsigned char memory[];
};

static struct flux_attachment *attach(size_t size)
{
    struct flux_flow *flow = fluxi_current;
    struct flux_attachment *attachment = NULL;
    if (flow != NULL && size <= SIZE_MAX - sizeof *attachment)
        attachment = calloc(1, sizeof *attachment + size);
    if (attachment != NULL) {
        attachment->next = flow->attached;
        flow->attached = attachment;
    }
    return attachment;
}

void *flux_alloc(size_t size)
{
    struct flux_attachment *attachment = attach(size);
    return attachment != NULL ? attachment->memory : NULL;
}

int flux_defer(void (*action)(void *argument), void *argument)
{
    struct flux_attachment *attachment = attach(sizeof argument);
    if (attachment == NULL)
        return ENOMEM;
    attachment->action = action;
    memcpy(attachment->memory, &argument, sizeof argument);
    return 0;
}

/* Actions may use all memory of the flow, and may allocate and defer themselves: so memory is freed
 * when no action is left. */
void fluxi_flow_undo(struct flux_flow *flow)
{
    struct flux_attachment *memory = NULL, *attachment;
    if (flow->attached == NULL)
        return;
    fluxi_current = flow;
    while ((attachment = flow->attached) != NULL) {
        flow->attached = attachment->next;
        if (attachment->action != NULL) {
            void *argument;
            memcpy(&argument, attachment->memory, sizeof argument);
            attachment->action(argument);
            free(attachment);
        } else {
            attachment->next = memory;
            memory = attachment;
        }
    }
    fluxi_current = NULL;
    while ((attachment = memory) != NULL) {
        memory = attachment->next;
        free(attachment);
    }
}

/* ---- begin and end --------------------------------------------------------------------------- */

struct flux_flow *fluxi_frame_new(struct fluxi_source *source)
{
    static struct fluxi_log_limit limit;
    struct flux_flow *flow = fluxi_frame_get(source->table->frame_size);
    if (flow == NULL) {
        fluxi_log_limited(&limit, FLUX_ERROR, "no memory for a flow of %s: it will be tried again",
                          source->table->name);
        return NULL;
    }
    flow->origin = source;
    fluxi_frame_renew(flow);
    return flow;
}

void fluxi_frame_free(struct flux_flow *flow)
{
    fluxi_flow_finish(flow);
    fluxi_frame_put(flow);
}

void fluxi_flow_number(struct flux_flow *flow)
{
    if (fluxi_single_threaded) {
        flow->id = atomic_load_explicit(&last_id, memory_order_relaxed) + 1;
        atomic_store_explicit(&last_id, flow->id, memory_order_relaxed);
    } else {
        flow->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    }
}

void fluxi_flow_born(struct flux_flow *flow)
{
    struct fluxi_source *source = flow->origin;
    fluxi_flow_number(flow);
    fluxi_order_born(flow);
    fluxi_count(&source->births, 1);
    source->in_a_row = 0;
}

void fluxi_flow_ended(struct flux_flow *flow)
{
    struct fluxi_source *source = flow->origin;
    fluxi_flow_count_end(source);
    fluxi_frame_free(flow);
    if (source->table->period != 0)
        fluxi_clock_ended(source);
}

/* ---- places ---------------------------------------------------------------------------------- */

const struct flux_place *fluxi_place_at(const struct flux_source *source, uint32_t at)
{
    return source != NULL && at < source->place_count ? source->places[at] : NULL;
}

const char *fluxi_path_text(const struct flux_place *place, char *buffer, size_t size)
{
    size_t at = size - 1;
    buffer[at] = '\0';
    for (; place != NULL; place = place->up) {
        size_t length = strlen(place->node->name), need = length + (place->up != NULL ? 3 : 0);
        if (need + 3 > at) {
            memcpy(buffer + at - 3, "...", 3);
            return buffer + at - 3;
        }
        at -= length;
        memcpy(buffer + at, place->node->name, length);
        if (place->up != NULL) {
            at -= 3;
            memcpy(buffer + at, " > ", 3);
        }
    }
    return buffer + at;
}

/* ---- errors ---------------------------------------------------------------------------------- */

void flux_unhandled(struct flux_flow *flow, const struct flux_place *place, int error)
{
    static struct fluxi_log_limit limit;
    char path[256];

    /* Idle connections end like this when the program stops (R36): that is no failure of theirs. */
    if (error == ECANCELED && atomic_load_explicit(&fluxi_stopping, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&cancelled, 1, memory_order_relaxed);
        return;
    }
    atomic_fetch_add_explicit(&unhandled, 1, memory_order_relaxed);
    if (flow != NULL)
        atomic_fetch_add_explicit(&flow->origin->unhandled, 1, memory_order_relaxed);
    fluxi_log_limited(&limit, FLUX_ERROR, "%s failed: %s (%d); path %s, %s:%u", place->node->name,
                      flux_strerror(error), error, fluxi_path_text(place, path, sizeof path),
                      place->node->file, place->node->line);
}

void fluxi_errors_summary(void)
{
    unsigned long long errors = atomic_load(&unhandled), idle = atomic_load(&cancelled);
    if (idle != 0)
        flux_log(FLUX_INFO, "%llu idle flow%s ended by the stop", idle, idle == 1 ? "" : "s");
    if (errors != 0)
        flux_log(FLUX_WARNING, "%llu error%s that nobody handled", errors, errors == 1 ? "" : "s");
}

/* frame.c - memory for frames: free lists of the calling thread over a depot that all share.
 *
 * A frame is often made on one thread (a source's) and freed on another (a worker's). So a thread
 * whose list is empty fetches a batch from the depot, and one whose list is full takes a batch
 * there: the depot is locked once for BATCH frames (magazines: Bonwick and Adams, "Magazines and
 * Vmem", USENIX ATC 2001). What exceeds the depot's bound goes back to malloc, so that memory
 * shrinks again after a crowd has left.
 *
 * Free frames are linked through flux_flow.next and sorted by size in steps of STEP bytes; larger
 * ones are not kept. The sizes are those that malloc has blocks for, a word short of a multiple of
 * its alignment: another 16 bytes for that word would be a tenth of a small frame. Under
 * AddressSanitizer nothing is kept, so that it sees every use after free.
 */
#include "core.h"
#include "guard.h"

#include <stdlib.h>

#define STEP      16u
#define WORD      sizeof(void *) /* that malloc keeps beside each block */
#define SIZES     128u
#define BATCH     32u
#define DEPOT_MAX 2048u /* frames of one size */

struct list {
    struct flux_flow *head;
    unsigned count;
};

static _Thread_local struct list own[SIZES];

static struct depot {
    atomic_uint guard;
    struct list list;
} depots[SIZES];

static unsigned size_class(size_t size)
{
    size_t class = (size + STEP - WORD - 1) / STEP;
    return FLUXI_KEEP_FRAMES && class < SIZES ? (unsigned)class : 0; /* 0: not kept */
}

static void push(struct list *list, struct flux_flow *flow)
{
    flow->next = list->head;
    list->head = flow;
    list->count++;
}

static struct flux_flow *pop(struct list *list)
{
    struct flux_flow *flow = list->head;
    list->head = flow->next;
    list->count--;
    return flow;
}

static void fetch(unsigned class)
{
    struct depot *depot = &depots[class];
    fluxi_guard_lock(&depot->guard);
    for (unsigned i = 0; i < BATCH && depot->list.count > 0; i++)
        push(&own[class], pop(&depot->list));
    fluxi_guard_unlock(&depot->guard);
}

static void take_back(unsigned class, unsigned count)
{
    struct depot *depot = &depots[class];
    struct list excess = {.head = NULL};
    fluxi_guard_lock(&depot->guard);
    for (; count > 0; count--)
        push(depot->list.count < DEPOT_MAX ? &depot->list : &excess, pop(&own[class]));
    fluxi_guard_unlock(&depot->guard);
    while (excess.count > 0)
        free(pop(&excess));
}

struct flux_flow *fluxi_frame_get(size_t size)
{
    unsigned class = size_class(size);
    struct flux_flow *flow;
    if (class != 0 && own[class].count == 0)
        fetch(class);
    if (class != 0 && own[class].count > 0)
        flow = pop(&own[class]);
    else
        flow = malloc(class != 0 ? class * STEP + WORD : size);
    return flow;
}

void fluxi_frame_put(struct flux_flow *flow)
{
    unsigned class = size_class(flow->source->frame_size);
    if (class == 0) {
        free(flow);
        return;
    }
    push(&own[class], flow);
    if (own[class].count >= 2 * BATCH)
        take_back(class, BATCH);
}

void fluxi_thread_done(void)
{
    fluxi_profile_thread_ends();
    for (unsigned class = 1; class < SIZES; class ++) {
        if (own[class].count > 0)
            take_back(class, own[class].count);
    }
}

void fluxi_frames_free(void)
{
    fluxi_thread_done();
    for (unsigned class = 1; class < SIZES; class ++) {
        while (depots[class].list.count > 0)
            free(pop(&depots[class].list));
    }
}

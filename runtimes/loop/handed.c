/* handed.c - flows that have been handed a constraint, for whichever loop comes first.
 *
 * Such a flow is its frame alone, so any loop can go on with it. If each went home, to the loop
 * that it has run on so far, flows of several loops that queue up for one constraint would have one
 * loop wake another at every turn of it, which takes a hundred times as long as taking it. So the
 * loop that has handed the constraint over goes on with the flow, as soon as the one that it is
 * running pauses; unless another loop has nothing to do and is there before it. Whoever takes the
 * flow is its home from then on. (A source stays at home, with its timer: both its runs and a flow
 * that has waited for room, after whose start it goes on.)
 *
 * Waking is kept rare as in core/queue.c: a loop that finds nothing looks again a few times before
 * it sleeps (`searching`), if there was anything of the kind since it slept last; and while one
 * does that, or has been rung and is on its way (`waking`), none is rung. No flow is missed: who
 * brings one counts it and then looks who searches, wakes or sleeps; a loop says that it sleeps, or
 * that it wakes and searches no more, and then looks at the count.
 */
#include "loop/loop.h"

#include "guard.h"

#include <sched.h>

#define LOOKS 3

atomic_uint fluxi_handed_count;

static atomic_uint guard; /* of the list */
static struct flow_list list;
static atomic_uint searching;
static atomic_bool waking;
static atomic_uint times; /* that one was brought; for those who remember when they looked last */

static bool anybody_asleep(void)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        if (atomic_load(&fluxi_loops[i].asleep))
            return true;
    return false;
}

/* There is something to take. Those that are awake look before they sleep. */
static void call_loop(void)
{
    while (anybody_asleep() && atomic_load(&searching) == 0 && !atomic_exchange(&waking, true)) {
        for (unsigned i = 0; i < fluxi_loop_count; i++)
            if (fluxi_loop_ring(&fluxi_loops[i]))
                return;
        atomic_store(&waking, false); /* it has woken by itself; but who saw `waking` has gone */
    }
}

void fluxi_handed_put(struct flux_flow *flow)
{
    fluxi_guard_lock(&guard);
    fluxi_flow_append(&list, flow);
    atomic_store_explicit(&times, atomic_load_explicit(&times, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    atomic_fetch_add(&fluxi_handed_count, 1);
    fluxi_guard_unlock(&guard);
    call_loop();
}

struct flux_flow *fluxi_handed_take(struct loop *loop)
{
    fluxi_guard_lock(&guard);
    struct flux_flow *flow = list.first;
    bool more = flow != NULL && (list.first = flow->next) != NULL;
    if (flow != NULL)
        atomic_fetch_sub(&fluxi_handed_count, 1);
    fluxi_guard_unlock(&guard);
    if (flow != NULL)
        flow->home = loop;
    if (more)
        call_loop();
    return flow;
}

bool fluxi_handed_search(struct loop *loop)
{
    unsigned now = atomic_load_explicit(&times, memory_order_relaxed);
    if (now == loop->handed_times)
        return false;
    loop->handed_times = now;
    atomic_fetch_add(&searching, 1);
    for (int i = 0; i < LOOKS && !fluxi_handed_any(); i++)
        sched_yield();
    atomic_fetch_sub(&searching, 1);
    return fluxi_handed_any();
}

void fluxi_handed_awake(void)
{
    if (atomic_load(&waking))
        atomic_store(&waking, false);
}

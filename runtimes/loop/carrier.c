/* carrier.c - switching between carriers, and how many of them are kept.
 *
 * The switch itself is Boost.Context's: it saves the registers that a call preserves and nothing
 * else. errno is added here; all else that belongs to a thread (signal mask, locale) is shared by
 * the flows of a loop.
 */
#include "loop/loop.h"
#include "loop/tools.h"

#include <errno.h>

struct exceptions {
    void *caught;
    unsigned uncaught;
};

/* Boost.Context, libboost_context: its C interface, of which Debian ships a C++ header only. */
struct transfer {
    void *context; /* of whoever jumped here */
    void *data;    /* what it passed */
};
extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *top, size_t size, void (*entry)(struct transfer));

/* Carriers that stay warm however few are in use, and how many are given back at a time. */
#define KEPT        64u
#define TRIM_BATCH  1000u
#define TRIM_PERIOD 1000000000u
#define TRIM_PAUSE  10000000u

/* ---- the switch ------------------------------------------------------------------------------ */

/* What C++ keeps for each thread: the exceptions that are being handled (Itanium C++ ABI, 2.2.2).
 * A flow may block in a handler. NULL: nothing in this program is C++. */
extern struct exceptions *__cxa_get_globals(void) __attribute__((weak));

/* First thing on a stack that has been jumped to. */
static void arrive(struct transfer from)
{
    struct carrier *left = from.data;
    left->context = from.context;
#ifdef FLUXI_ASAN
    struct carrier *self = left->loop->running;
    const void *bottom;
    size_t size;
    __sanitizer_finish_switch_fiber(self->fiber, &bottom, &size);
    if (left == &left->loop->native) { /* its bounds are known to nobody else */
        left->low = (char *)(uintptr_t)bottom;
        left->size = size;
    }
#endif
}

static void enter(struct transfer from)
{
    struct loop *loop = ((struct carrier *)from.data)->loop;
    arrive(from);
    fluxi_loop_run(loop);
    fluxi_carrier_switch(loop, &loop->native); /* for good */
}

void fluxi_carrier_switch(struct loop *loop, struct carrier *to)
{
    struct carrier *self = loop->running;
    int error = errno;
    struct exceptions *exceptions = __cxa_get_globals ? __cxa_get_globals() : NULL;
    struct exceptions own = exceptions ? *exceptions : (struct exceptions){0};
    const struct flux_place *calling = fluxi_profile_there() ? atomic_load(&flux_calling) : NULL;
    fluxi_stack_check(self);
    loop->running = to;
#ifdef FLUXI_ASAN
    __sanitizer_start_switch_fiber(&self->fiber, to->low, to->size);
#endif
#ifdef FLUXI_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
    if (exceptions)
        *exceptions = (struct exceptions){0};
    arrive(jump_fcontext(to->context, self));
    if (exceptions)
        *exceptions = own;
    if (fluxi_profile_there())
        atomic_store(&flux_calling, calling);
    errno = error;
}

/* ---- carriers ready for use ------------------------------------------------------------------ */

static struct carrier *carrier_new(struct loop *loop)
{
    struct carrier *carrier = fluxi_stack_new(loop);
    if (!carrier)
        return NULL;
    carrier->size = (size_t)((char *)carrier - carrier->low);
    carrier->context = make_fcontext(carrier, carrier->size, enter);
    carrier->registered = VALGRIND_STACK_REGISTER(carrier->low, carrier);
#ifdef FLUXI_TSAN
    carrier->fiber = __tsan_create_fiber(0);
#endif
    return carrier;
}

static void carrier_leave_tools(struct carrier *carrier)
{
    VALGRIND_STACK_DEREGISTER(carrier->registered);
#ifdef FLUXI_TSAN
    __tsan_destroy_fiber(carrier->fiber);
#endif
}

struct carrier *fluxi_carrier_spare(struct loop *loop)
{
    struct carrier *carrier = loop->idle;
    if (carrier) {
        loop->idle = carrier->next;
        loop->idle_count--;
    } else if (loop->stacks.surplus) {
        carrier = loop->stacks.surplus;
        loop->stacks.surplus = carrier->next;
    } else {
        carrier = carrier_new(loop);
        if (!carrier)
            return NULL;
    }
    if (++loop->busy_count > loop->busy_most)
        loop->busy_most = loop->busy_count;
    return carrier;
}

bool fluxi_carrier_reserve(struct loop *loop, unsigned count)
{
    while (loop->idle_count < count && !loop->stacks.surplus) {
        struct carrier *carrier = carrier_new(loop);
        if (!carrier)
            return false;
        carrier->next = loop->idle;
        loop->idle = carrier;
        loop->idle_count++;
    }
    return true;
}

void fluxi_carrier_idle(struct loop *loop, struct carrier *carrier)
{
    carrier->next = loop->idle;
    loop->idle = carrier;
    loop->idle_count++;
    loop->busy_count--;
    if (loop->idle_count > KEPT && loop->trim.place == 0)
        fluxi_timer_set(loop, &loop->trim, flux_now() + TRIM_PERIOD);
}

/* The idle carriers beyond the first `keep`, which are the longest unused, become surplus. */
static void carriers_to_surplus(struct loop *loop, unsigned keep)
{
    struct carrier **link = &loop->idle;
    for (unsigned i = 0; i < keep && *link; i++)
        link = &(*link)->next;
    while (*link) {
        struct carrier *carrier = *link;
        *link = carrier->next;
        loop->idle_count--;
        carrier->next = loop->stacks.surplus;
        loop->stacks.surplus = carrier;
    }
}

/* Once a period: twice as many carriers stay as were in use at most since the last time. */
void fluxi_carriers_trim(struct loop *loop, struct timer *timer)
{
    struct stacks *stacks = &loop->stacks;
    if (!stacks->surplus) {
        unsigned wanted = 2 * loop->busy_most > KEPT ? 2 * loop->busy_most : KEPT;
        loop->busy_most = loop->busy_count;
        if (loop->idle_count > wanted)
            carriers_to_surplus(loop, wanted);
    }
    for (unsigned i = 0; i < TRIM_BATCH && stacks->surplus; i++) {
        struct carrier *carrier = stacks->surplus;
        stacks->surplus = carrier->next;
        carrier_leave_tools(carrier);
        fluxi_stack_drop(loop, carrier);
    }
    if (stacks->surplus)
        fluxi_timer_set(loop, timer, flux_now() + TRIM_PAUSE);
    else if (loop->idle_count > KEPT)
        fluxi_timer_set(loop, timer, flux_now() + TRIM_PERIOD);
}

/* ---- the loop's own thread ------------------------------------------------------------------- */

void fluxi_carriers_run(struct loop *loop)
{
    struct carrier *first = fluxi_carrier_spare(loop);
    loop->native.loop = loop;
    loop->running = &loop->native;
#ifdef FLUXI_TSAN
    loop->native.fiber = __tsan_get_current_fiber();
#endif
    fluxi_carrier_switch(loop, first);
}

void fluxi_carriers_free(struct loop *loop)
{
    carriers_to_surplus(loop, 0);
    for (struct carrier *carrier = loop->stacks.surplus; carrier; carrier = carrier->next)
        carrier_leave_tools(carrier);
    fluxi_stacks_free(loop);
}

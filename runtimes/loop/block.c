/* block.c - a flow blocks in the middle of a node: it leaves its carrier, and comes back to it. */
#include "loop/calls.h"
#include "loop/loop.h"

#include <poll.h>

static void begin_source_wait(struct loop *loop, struct carrier *carrier)
{
    carrier->source_next = loop->source_waits;
    carrier->source_prev = NULL;
    if (loop->source_waits)
        loop->source_waits->source_prev = carrier;
    loop->source_waits = carrier;
    carrier->source_waiting = true;
}

static void end_source_wait(struct loop *loop, struct carrier *carrier)
{
    if (carrier->source_prev)
        carrier->source_prev->source_next = carrier->source_next;
    else
        loop->source_waits = carrier->source_next;
    if (carrier->source_next)
        carrier->source_next->source_prev = carrier->source_prev;
    carrier->source_waiting = false;
}

void fluxi_carrier_wake(struct loop *loop, struct carrier *carrier, int outcome)
{
    for (unsigned i = 0; i < carrier->wait_count; i++)
        fluxi_wait_end(loop, &carrier->waits[i]);
    carrier->wait_count = 0;
    fluxi_timer_clear(loop, &carrier->timer);
    if (carrier->source_waiting)
        end_source_wait(loop, carrier);
    carrier->outcome = outcome;
    if (fluxi_profile_there())
        fluxi_profile_woken(carrier->flow);
    fluxi_carrier_ready(loop, carrier);
}

static void time_out(struct loop *loop, struct timer *timer)
{
    fluxi_carrier_wake(loop, FLUXI_CONTAINER(timer, struct carrier, timer), ETIMEDOUT);
}

void fluxi_carrier_suspend(struct loop *loop, struct carrier *next)
{
    struct carrier *self = loop->running;
    self->flow = fluxi_current;
    fluxi_current = NULL;
    if (self->behind) {
        struct fluxi_source *source = self->behind;
        self->behind = NULL;
        fluxi_births_go_on(loop, source);
    }
    if (fluxi_profile_there())
        fluxi_profile_left(self->flow);
    fluxi_carrier_switch(loop, next);
    if (fluxi_profile_there())
        fluxi_profile_back(self->flow);
    fluxi_current = self->flow;
    self->flow = NULL;
}

/* Without memory for another carrier the whole loop waits: late, but right. It does so a little at
 * a time, to try again. A source, which may wait for ever, fails instead. */
static int block_loop(const struct wait *waits, unsigned count, uint64_t until)
{
    static struct fluxi_log_limit limit;
    if (count > 0 && (fluxi_current->flags & FLUXI_SOURCING))
        return ENOMEM;
    fluxi_log_limited(&limit, FLUX_WARNING, "no memory for a stack: a blocking call blocks a loop");
    struct pollfd polls[8];
    if (count > 8)
        count = 8;
    for (unsigned i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = waits[i].fd, .events = (short)waits[i].events};
    uint64_t now = flux_now(), rest = until > now ? until - now : 0;
    uint64_t pause = rest / 1000000 < 10 ? rest / 1000000 + 1 : 10;
    if (REAL(poll)(polls, count, (int)pause) > 0)
        return 0;
    return flux_now() >= until ? ETIMEDOUT : 0;
}

static int block(struct wait *waits, unsigned count, uint64_t until)
{
    struct loop *loop = fluxi_loop;
    struct carrier *self = loop->running;
    if (fluxi_births_stopping(fluxi_current))
        return EINTR;
    struct carrier *next = fluxi_carrier_spare(loop);
    if (!next)
        return block_loop(waits, count, until);
    int error = 0;
    unsigned begun = 0;
    while (begun < count && error == 0) {
        waits[begun].carrier = self;
        error = fluxi_wait_begin(loop, &waits[begun]);
        if (error == 0)
            begun++;
        else if (error == EPERM) /* always ready, so the caller waits for something else */
            waits[begun] = waits[--count], error = 0;
    }
    self->timer.fire = time_out;
    if (error == 0 && until != FLUXI_NEVER && !fluxi_timer_set(loop, &self->timer, until))
        error = ENOMEM;
    if (error != 0) {
        while (begun > 0)
            fluxi_wait_end(loop, &waits[--begun]);
        fluxi_carrier_idle(loop, next);
        if (error == ENOMEM)
            return block_loop(waits, count, until);
        return error;
    }
    self->waits = waits;
    self->wait_count = count;
    if (fluxi_current->flags & FLUXI_SOURCING)
        begin_source_wait(loop, self);
    fluxi_carrier_suspend(loop, next);
    return self->outcome;
}

int fluxi_block(struct wait *waits, unsigned count, uint64_t until)
{
    int error = errno;
    int outcome = block(waits, count, until);
    errno = error;
    return outcome;
}

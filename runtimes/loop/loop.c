/* loop.c - the loops: what is ready, rounds, waking, blocking; start, stop and join.
 *
 * A round runs what is ready until its credit is spent or nothing is left, then asks the poller and
 * the timers. Its credit doubles while rounds are short and shrinks when they are long, so that
 * trivial flows share one system call among a thousand and long ones do not keep others waiting.
 */
#include "loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "loop/calls.h"

#define BUDGET_MOST 1024u
#define ROUND_SHORT 50000u  /* ns */
#define ROUND_LONG 1000000u /* ns */
#define TURNS_MOST 64u
#define EVENTS 256

#define BELL UINT64_MAX /* the eventfd's data in the poller */

struct policy fluxi_policy;
struct loop *fluxi_loops;
unsigned fluxi_loop_count;
_Thread_local struct loop *fluxi_loop;

/* ---- what is ready --------------------------------------------------------------------------- */

void fluxi_flow_append(struct flow_list *list, struct flux_flow *flow)
{
    flow->next = NULL;
    if (list->first)
        list->last->next = flow;
    else
        list->first = flow;
    list->last = flow;
}

static void count_queued(struct loop *loop)
{
    atomic_store_explicit(&loop->queued, loop->flow_count + loop->woken_count,
                          memory_order_relaxed);
}

void fluxi_loop_ready(struct loop *loop, struct flux_flow *flow)
{
    fluxi_flow_append(&loop->flows, flow);
    loop->flow_count++;
    count_queued(loop);
}

static void carrier_ready(struct loop *loop, struct carrier *carrier)
{
    carrier->next = NULL;
    if (loop->woken)
        loop->woken_last->next = carrier;
    else
        loop->woken = carrier;
    loop->woken_last = carrier;
    loop->woken_count++;
    count_queued(loop);
}

/* The item after `skip` others. */
static struct flux_flow *take_flow(struct loop *loop, unsigned skip)
{
    struct flux_flow *before = NULL, *flow = loop->flows.first;
    for (; skip > 0; skip--) {
        before = flow;
        flow = flow->next;
    }
    if (before)
        before->next = flow->next;
    else
        loop->flows.first = flow->next;
    if (loop->flows.last == flow)
        loop->flows.last = before;
    loop->flow_count--;
    count_queued(loop);
    return flow;
}

static struct carrier *take_carrier(struct loop *loop, unsigned skip)
{
    struct carrier *before = NULL, *carrier = loop->woken;
    for (; skip > 0; skip--) {
        before = carrier;
        carrier = carrier->next;
    }
    if (before)
        before->next = carrier->next;
    else
        loop->woken = carrier->next;
    if (loop->woken_last == carrier)
        loop->woken_last = before;
    loop->woken_count--;
    count_queued(loop);
    return carrier;
}

/* ---- from other threads ---------------------------------------------------------------------- */

static void ring(struct loop *loop)
{
    if (atomic_exchange(&loop->asleep, false)) {
        uint64_t one = 1;
        while (REAL(write)(loop->bell, &one, sizeof one) < 0 && errno == EINTR)
            continue;
    }
}

void fluxi_loop_mail(struct loop *loop, struct flow_list *flows)
{
    /* The mail is newest first, so the list is turned round. */
    struct flux_flow *head = NULL, *tail = flows->first;
    for (struct flux_flow *flow = flows->first, *next; flow; flow = next) {
        next = flow->next;
        flow->next = head;
        head = flow;
    }
    *flows = (struct flow_list){0};
    struct flux_flow *old = atomic_load(&loop->mail);
    do
        tail->next = old;
    while (!atomic_compare_exchange_weak(&loop->mail, &old, head));
    ring(loop);
}

void fluxi_carrier_mail(struct carrier *carrier)
{
    struct loop *loop = carrier->loop;
    struct carrier *old = atomic_load(&loop->carrier_mail);
    do
        carrier->next = old;
    while (!atomic_compare_exchange_weak(&loop->carrier_mail, &old, carrier));
    ring(loop);
}

void fluxi_loop_notify(struct loop *loop, enum fluxi_notice notice)
{
    atomic_fetch_or(&loop->notices, (unsigned)notice);
    ring(loop);
}

static void open_mail(struct loop *loop)
{
    struct flux_flow *flow = atomic_exchange(&loop->mail, NULL), *oldest = NULL;
    while (flow) {
        struct flux_flow *next = flow->next;
        flow->next = oldest;
        oldest = flow;
        flow = next;
    }
    while (oldest) {
        flow = oldest;
        oldest = flow->next;
        fluxi_loop_ready(loop, flow);
    }
}

static void open_carrier_mail(struct loop *loop)
{
    struct carrier *carrier = atomic_exchange(&loop->carrier_mail, NULL), *oldest = NULL;
    while (carrier) {
        struct carrier *next = carrier->next;
        carrier->next = oldest;
        oldest = carrier;
        carrier = next;
    }
    while (oldest) {
        carrier = oldest;
        oldest = carrier->next;
        fluxi_carrier_wake(loop, carrier, 0);
    }
}

static void heed(struct loop *loop, unsigned notices)
{
    if (notices & FLUXI_CLOSED)
        fluxi_records_sweep(loop);
    if (notices & FLUXI_INTERRUPT) {
        for (struct carrier *carrier = loop->source_waits, *next; carrier; carrier = next) {
            next = carrier->source_next;
            if (fluxi_births_stopping(carrier->flow))
                fluxi_carrier_wake(loop, carrier, EINTR);
        }
        fluxi_awaits_cancel(loop);
        fluxi_births_interrupt(loop);
    }
    if (notices & FLUXI_QUIT)
        loop->quit = true;
}

static void collect(struct loop *loop)
{
    if (atomic_load_explicit(&loop->mail, memory_order_relaxed))
        open_mail(loop);
    if (atomic_load_explicit(&loop->carrier_mail, memory_order_relaxed))
        open_carrier_mail(loop);
    if (atomic_load_explicit(&loop->notices, memory_order_relaxed))
        heed(loop, atomic_exchange(&loop->notices, 0));
}

static void send_outbox(struct loop *loop)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        if (loop->outbox[i].first)
            fluxi_loop_mail(&fluxi_loops[i], &loop->outbox[i]);
}

void fluxi_loop_deal(struct loop *loop, struct flux_flow *flow)
{
    struct loop *home = flow->home;
    fluxi_flow_append(&loop->outbox[home->index], flow);
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static bool anything_ready(const struct loop *loop)
{
    return loop->flows.first || loop->woken;
}

static int ask_poller(struct loop *loop, struct epoll_event *events)
{
    if (anything_ready(loop))
        return epoll_wait(loop->poller, events, EVENTS, 0);

    /* From here on whoever has mail rings the bell; whatever came before is seen now. */
    atomic_store(&loop->asleep, true);
    int count;
    if (atomic_load(&loop->mail) || atomic_load(&loop->carrier_mail) ||
        atomic_load(&loop->notices)) {
        count = epoll_wait(loop->poller, events, EVENTS, 0);
    } else {
        uint64_t next = fluxi_timers_next(loop), now = next == FLUXI_NEVER ? 0 : flux_now();
        uint64_t rest = next > now ? next - now : 0;
        struct timespec timeout = {.tv_sec = (time_t)(rest / 1000000000),
                                   .tv_nsec = (long)(rest % 1000000000)};
        count = epoll_pwait2(loop->poller, events, EVENTS, next == FLUXI_NEVER ? NULL : &timeout,
                             NULL);
        if (count < 0 && errno == ENOSYS) { /* before Linux 5.11 */
            uint64_t milliseconds = rest / 1000000 + 1;
            count = epoll_wait(loop->poller, events, EVENTS,
                               next == FLUXI_NEVER     ? -1
                               : milliseconds > 100000 ? 100000
                                                       : (int)milliseconds);
        }
    }
    atomic_store(&loop->asleep, false);
    return count;
}

static void begin_round(struct loop *loop)
{
    static _Thread_local struct epoll_event events[EVENTS]; /* not on a carrier's stack */
    if (fluxi_loop_count > 1)
        send_outbox(loop);
    collect(loop);
    if (loop->quit)
        return;
    uint64_t end = flux_now();
    if (end - loop->round > ROUND_LONG)
        loop->budget = loop->budget > 8 ? loop->budget / 8 : 1;
    else if (end - loop->round < ROUND_SHORT && loop->credit == 0 && loop->budget < BUDGET_MOST)
        loop->budget *= 2;

    int count = ask_poller(loop, events);
    for (int i = 0; i < count; i++)
        if (events[i].data.u64 != BELL)
            fluxi_descriptor_ready(loop, events[i].data.u64, events[i].events);
    collect(loop);
    loop->round = flux_now();
    fluxi_timers_run(loop, loop->round);
    loop->credit = loop->budget;
}

/* The carrier that runs this leaves itself behind as idle for one whose wait has ended. */
static void return_to(struct loop *loop, struct carrier *carrier)
{
    fluxi_carrier_idle(loop, loop->running);
    fluxi_carrier_switch(loop, carrier);
}

/* Runs one of the ready items. */
static void run_next(struct loop *loop)
{
    if (fluxi_policy.choose) {
        unsigned choice = fluxi_policy.choose(loop->flow_count + loop->woken_count);
        if (choice < loop->flow_count)
            fluxi_births_advance(loop, take_flow(loop, choice));
        else
            return_to(loop, take_carrier(loop, choice - loop->flow_count));
        return;
    }
    bool carrier = loop->woken && (loop->carriers_first || !loop->flows.first);
    loop->carriers_first = !carrier;
    if (carrier)
        return_to(loop, take_carrier(loop, 0));
    else
        fluxi_births_advance(loop, take_flow(loop, 0));
}

void fluxi_loop_run(struct loop *loop)
{
    while (!loop->quit) {
        if (loop->credit == 0 || !anything_ready(loop)) {
            begin_round(loop);
        } else {
            loop->credit--;
            loop->spent = 0;
            run_next(loop);
        }
    }
}

bool flux_turn(struct flux_flow *flow, uint32_t at)
{
    struct loop *loop = fluxi_loop;
    flow->error = 0;
    unsigned most = loop->budget < TURNS_MOST ? loop->budget : TURNS_MOST;
    if (++loop->spent < most)
        return true;
    flow->at = at;
    fluxi_loop_ready(loop, flow);
    return false;
}

/* ---- blocking -------------------------------------------------------------------------------- */

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
    carrier_ready(loop, carrier);
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
    fluxi_carrier_switch(loop, next);
    fluxi_current = self->flow;
    self->flow = NULL;
}

/* Without memory for another carrier the whole loop waits: late, but right. Ten milliseconds at a
 * time, because the wait may depend on a flow of this very loop. */
static int block_loop(const struct wait *waits, unsigned count, uint64_t until)
{
    static struct fluxi_log_limit limit;
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

int fluxi_block(struct wait *waits, unsigned count, uint64_t until)
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
        return error == EPERM ? 0 : error;
    }
    self->waits = waits;
    self->wait_count = count;
    if (fluxi_current->flags & FLUXI_SOURCING)
        begin_source_wait(loop, self);
    fluxi_carrier_suspend(loop, next);
    return self->outcome;
}

/* ---- start, stop, join ----------------------------------------------------------------------- */

static void loop_free(struct loop *loop)
{
    fluxi_carriers_free(loop);
    fluxi_limits_free(loop);
    fluxi_records_free(loop);
    free(loop->timers.heap);
    free(loop->outbox);
    if (loop->bell >= 0)
        REAL(close)(loop->bell);
    if (loop->poller >= 0)
        REAL(close)(loop->poller);
}

static int loop_init(struct loop *loop, unsigned index)
{
    loop->index = index;
    loop->budget = 1;
    loop->trim.fire = fluxi_carriers_trim;
    loop->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->poller = loop->bell < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
    if (loop->poller < 0)
        return errno;
    /* Edge-triggered: each ring is an event, and nobody need read the counter. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = BELL};
    if (epoll_ctl(loop->poller, EPOLL_CTL_ADD, loop->bell, &event) != 0)
        return errno;
    loop->outbox = calloc(fluxi_loop_count, sizeof *loop->outbox);
    int error = loop->outbox ? fluxi_timers_start(loop) : ENOMEM;
    return error ? error : fluxi_records_start(loop);
}

static void *loop_thread(void *argument)
{
    struct loop *loop = argument;
    fluxi_loop = loop;
    void *memory = NULL;
    if (fluxi_overflow_catch(&memory) != 0)
        flux_log(FLUX_WARNING, "no memory to report stack overflows on");
    fluxi_births_begin(loop);
    /* Later on a loop does without a carrier that it cannot get; without a first it cannot be. */
    while (fluxi_carriers_run(loop) != 0) {
        static struct fluxi_log_limit limit;
        fluxi_log_limited(&limit, FLUX_ERROR, "no memory for the stack of a loop: it waits");
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    fluxi_thread_done();
    fluxi_overflow_ignore();
    free(memory);
    return NULL;
}

/* Ends the first `count` loops, which run, and frees them all. */
static void loops_end(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fluxi_loop_notify(&fluxi_loops[i], FLUXI_QUIT);
    for (unsigned i = 0; i < count; i++)
        pthread_join(fluxi_loops[i].thread, NULL);
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        loop_free(&fluxi_loops[i]);
    free(fluxi_loops);
    fluxi_loops = NULL;
    fluxi_births_free();
    fluxi_descriptors_free();
    fluxi_overflow_stop();
}

int fluxi_engine_start(void)
{
    fluxi_loop_count = fluxi_policy.loops;
    fluxi_single_threaded = fluxi_loop_count == 1;
    fluxi_loops = aligned_alloc(alignof(struct loop), fluxi_loop_count * sizeof *fluxi_loops);
    if (!fluxi_loops) {
        flux_log(FLUX_ERROR, "no memory for %u loops", fluxi_loop_count);
        return ENOMEM;
    }
    memset(fluxi_loops, 0, fluxi_loop_count * sizeof *fluxi_loops);
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        fluxi_loops[i].bell = fluxi_loops[i].poller = -1;

    fluxi_calls_verify();
    fluxi_overflow_start();
    unsigned running = 0;
    int error = fluxi_helpers_start();
    if (error == 0)
        error = fluxi_births_start();
    for (unsigned i = 0; i < fluxi_loop_count && error == 0; i++)
        error = loop_init(&fluxi_loops[i], i);
    while (error == 0 && running < fluxi_loop_count) {
        struct loop *loop = &fluxi_loops[running];
        error = pthread_create(&loop->thread, NULL, loop_thread, loop);
        if (error == 0)
            running++;
    }
    if (error == 0)
        return 0;
    flux_log(FLUX_ERROR, "cannot start %u loops: %s (--loops N starts fewer)", fluxi_loop_count,
             flux_strerror(error));
    fluxi_helpers_join();
    loops_end(running);
    return error;
}

void fluxi_runtime_stop(void)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        fluxi_loop_notify(&fluxi_loops[i], FLUXI_INTERRUPT);
    fluxi_stop_again = fluxi_helpers_poke;
}

void fluxi_runtime_join(void)
{
    fluxi_helpers_join();
    loops_end(fluxi_loop_count);
}

void fluxi_runtime_ready(struct flux_flow *flow)
{
    struct loop *home = flow->home;
    if (home == fluxi_loop) {
        fluxi_loop_ready(home, flow);
        return;
    }
    struct flow_list one = {flow, flow};
    flow->next = NULL;
    fluxi_loop_mail(home, &one);
}

struct flux_load fluxi_runtime_load(void)
{
    struct flux_load load = {.flows = fluxi_births_flows(),
                             .limit = fluxi_max_flows,
                             .workers = fluxi_loop_count};
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        load.queued += atomic_load_explicit(&fluxi_loops[i].queued, memory_order_relaxed);
    return load;
}

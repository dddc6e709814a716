/* loop.c - a loop: what is ready, what other threads send, and its rounds.
 *
 * A round runs what is ready until its credit is spent or nothing is left, then asks the poller and
 * the timers. Its credit doubles while rounds are short and shrinks when they are long, so that
 * trivial flows share one system call among a thousand and long ones do not keep others waiting.
 */
#include "loop/loop.h"

#include "loop/calls.h"

#include <sys/epoll.h>

#define BUDGET_MOST 1024u
#define ROUND_SHORT 50000u   /* ns */
#define ROUND_LONG  1000000u /* ns */
#define TURNS_MOST  64u
#define EVENTS      256
#define CHOICE      64u /* items of a kind */
#define HANDED_RUN  16u

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

/* What flux_load tells: a source that is ready is no flow. Only this thread writes the number. */
static void count_queued(struct loop *loop, const struct flux_flow *flow, unsigned change)
{
    if (flow->flags & FLUXI_SOURCING)
        return;
    unsigned queued = atomic_load_explicit(&loop->queued, memory_order_relaxed);
    atomic_store_explicit(&loop->queued, queued + change, memory_order_relaxed);
}

void fluxi_loop_ready(struct loop *loop, struct flux_flow *flow)
{
    fluxi_flow_append(&loop->flows, flow);
    loop->flow_count++;
    count_queued(loop, flow, 1);
}

void fluxi_carrier_ready(struct loop *loop, struct carrier *carrier)
{
    carrier->next = NULL;
    if (loop->woken)
        loop->woken_last->next = carrier;
    else
        loop->woken = carrier;
    loop->woken_last = carrier;
    loop->woken_count++;
    count_queued(loop, carrier->flow, 1);
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
    count_queued(loop, flow, -1u);
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
    count_queued(loop, carrier->flow, -1u);
    return carrier;
}

/* ---- from other threads ---------------------------------------------------------------------- */

bool fluxi_loop_ring(struct loop *loop)
{
    uint64_t one = 1;
    if (!atomic_load(&loop->asleep) || !atomic_exchange(&loop->asleep, false))
        return false;
    while (REAL(write)(loop->bell, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    return true;
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
    fluxi_loop_ring(loop);
}

void fluxi_carrier_mail(struct carrier *carrier)
{
    struct loop *loop = carrier->loop;
    struct carrier *old = atomic_load(&loop->carrier_mail);
    do
        carrier->next = old;
    while (!atomic_compare_exchange_weak(&loop->carrier_mail, &old, carrier));
    fluxi_loop_ring(loop);
}

void fluxi_loop_notify(struct loop *loop, enum fluxi_notice notice)
{
    atomic_fetch_or(&loop->notices, (unsigned)notice);
    fluxi_loop_ring(loop);
}

void fluxi_runtime_ready(struct flux_flow *flow)
{
    struct loop *home = flow->home;
    if (fluxi_loop_count > 1 && !(flow->flags & (FLUXI_SOURCING | FLUXI_ADMITTED))) {
        fluxi_handed_put(flow);
    } else if (home == fluxi_loop) {
        fluxi_loop_ready(home, flow);
    } else {
        struct flow_list one = {flow, flow};
        flow->next = NULL;
        fluxi_loop_mail(home, &one);
    }
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

static bool own_ready(const struct loop *loop)
{
    return loop->flows.first || loop->woken;
}

bool fluxi_loop_has_work(const struct loop *loop)
{
    return own_ready(loop) || fluxi_handed_any();
}

/* Waits for events until the earliest timer is due. */
static int wait_for_events(struct loop *loop, struct epoll_event *events)
{
    uint64_t next = fluxi_timers_next(loop);
    if (next == FLUXI_NEVER)
        return epoll_wait(loop->poller, events, EVENTS, -1);
    uint64_t now = flux_now(), rest = next > now ? next - now : 0;
    if (!loop->coarse) {
        struct timespec timeout = {(time_t)(rest / 1000000000), (long)(rest % 1000000000)};
        int count = epoll_pwait2(loop->poller, events, EVENTS, &timeout, NULL);
        if (count >= 0 || errno != ENOSYS)
            return count;
        loop->coarse = true; /* before Linux 5.11 */
    }
    uint64_t milliseconds = (rest + 999999) / 1000000;
    return epoll_wait(loop->poller, events, EVENTS,
                      milliseconds < 100000 ? (int)milliseconds : 100000);
}

static int ask_poller(struct loop *loop, struct epoll_event *events)
{
    if (fluxi_loop_has_work(loop) || fluxi_handed_search(loop))
        return epoll_wait(loop->poller, events, EVENTS, 0);
    /* From here on whoever has mail rings the bell; whatever came before is seen now. */
    atomic_store(&loop->asleep, true);
    bool stay = atomic_load(&loop->mail) || atomic_load(&loop->carrier_mail) ||
                atomic_load(&loop->notices) || fluxi_handed_any();
    if (!stay && fluxi_profile_there())
        fluxi_profile_sleeps(flux_now());
    int count = stay ? epoll_wait(loop->poller, events, EVENTS, 0) : wait_for_events(loop, events);
    if (!stay && fluxi_profile_there())
        fluxi_profile_slept();
    atomic_store(&loop->asleep, false);
    fluxi_watch_awake();
    fluxi_handed_awake();
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
    if (!fluxi_policy.straight)
        loop->budget = BUDGET_MOST; /* trace: time decides nothing */
    else if (end - loop->round > ROUND_LONG)
        loop->budget = loop->budget > 8 ? loop->budget / 8 : 1;
    else if (end - loop->round < ROUND_SHORT && loop->credit == 0 && loop->budget < BUDGET_MOST)
        loop->budget *= 2;

    int count = ask_poller(loop, events);
    for (int i = 0; i < count; i++)
        if (events[i].data.u64 != FLUXI_BELL)
            fluxi_descriptor_ready(loop, events[i].data.u64, events[i].events);
    collect(loop);
    loop->round = flux_now();
    fluxi_timers_run(loop, loop->round);
    /* What is ready now runs before the poller is asked again: it would only report anew what flows
     * that have not had their turn have been woken for. */
    unsigned ready = loop->flow_count + loop->woken_count;
    loop->credit = ready > loop->budget ? ready : loop->budget;
}

/* The carrier that runs this leaves itself behind as idle for one whose wait has ended. */
static void return_to(struct loop *loop, struct carrier *carrier)
{
    fluxi_carrier_idle(loop, loop->running);
    fluxi_watch_see(loop, carrier->flow);
    fluxi_carrier_switch(loop, carrier);
}

static void run_flow(struct loop *loop, struct flux_flow *flow)
{
    if (fluxi_policy.resumed)
        fluxi_policy.resumed(flow);
    fluxi_births_advance(loop, flow);
}

/* Flows that hold what others want go first, but do not keep all else waiting. False: there was
 * none to run. */
static bool run_handed(struct loop *loop)
{
    bool own_waits = own_ready(loop);
    if (!fluxi_handed_any() || (loop->handed_run == HANDED_RUN && own_waits))
        return false;
    struct flux_flow *flow = fluxi_handed_take(loop);
    if (flow == NULL)
        return false;
    loop->handed_run = own_waits ? loop->handed_run + 1 : 0;
    run_flow(loop, flow);
    return true;
}

/* Runs one of the ready items, if another loop has not been faster. */
static void run_next(struct loop *loop)
{
    if (run_handed(loop))
        return;
    loop->handed_run = 0;
    if (!own_ready(loop))
        return;
    bool carrier = loop->woken && (loop->carriers_first || !loop->flows.first);
    unsigned skip = 0;
    if (fluxi_policy.choose) {
        /* Among the oldest, so that a crowd costs no long walks and starves nobody. */
        unsigned flows = loop->flow_count < CHOICE ? loop->flow_count : CHOICE;
        unsigned carriers = loop->woken_count < CHOICE ? loop->woken_count : CHOICE;
        skip = fluxi_policy.choose(loop, flows, carriers);
        carrier = skip >= flows;
        if (carrier)
            skip -= flows;
    }
    loop->carriers_first = !carrier;
    if (carrier)
        return_to(loop, take_carrier(loop, skip));
    else
        run_flow(loop, take_flow(loop, skip));
}

void fluxi_loop_run(struct loop *loop)
{
    while (!loop->quit) {
        if (loop->credit == 0 || !fluxi_loop_has_work(loop)) {
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
    if (++loop->spent < most && fluxi_policy.straight)
        return true;
    flow->at = at;
    fluxi_loop_ready(loop, flow);
    return false;
}

#include "books.h"

#include "flux.h"
#include "plan.h"
#include "schedule.h"

#include <stdlib.h>
#include <time.h>

/* A closed client that fails does not come again at once. */
#define RETRY_PAUSE (SECOND / 10)

/* Requests that wait for a connection; what comes beyond is lost. */
#define WAITING_MOST ((size_t)1 << 22)

struct books books;

static client *idle; /* the one that was used last is the first */

/* A ring. */
static struct {
    struct ask *asks;
    size_t head, count, room;
} waiting;

void books_open(uint64_t delay)
{
    books.start = flux_now() + delay;
    books.begin = books.start + plan.warm_up;
    books.end = plan.duration > 0 ? books.begin + plan.duration : UINT64_MAX;
}

void books_close(void)
{
    while (idle != NULL) {
        client *next = idle->next;
        client_free(idle);
        idle = next;
    }
    free(waiting.asks);
    waiting.asks = NULL;
}

/* ---- the measured time ----------------------------------------------------------------------- */

bool books_over(uint64_t planned)
{
    return planned >= books.end || (plan.requests > 0 && books.planned >= plan.requests);
}

static uint64_t cpu_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

void books_watch(uint64_t now)
{
    if (books.begun == 0 && now >= books.begin) {
        books.begun = now;
        books.loops = flux_load().workers;
        books.cpu = cpu_now();
    }
    if (now >= books.end)
        books_end(now);
}

void books_end(uint64_t now)
{
    if (books.begun == 0 || books.ended > 0)
        return;
    books.ended = now;
    books.cpu_used = cpu_now() - books.cpu;
}

struct ask books_plan(uint64_t planned, uint32_t target)
{
    bool counts = planned >= books.begin && !books_over(planned);
    books.planned += counts;
    return (struct ask){planned, target, counts};
}

void books_lag(uint64_t lag)
{
    sim_histogram_add(&books.lag, (double)lag * 1e-9);
}

/* ---- what has been measured ------------------------------------------------------------------ */

/* Which twentieth of the measured time, or of the requests, an answer belongs to. */
static struct batch *batch_of(uint64_t answered)
{
    uint64_t number = plan.requests > 0
                          ? books.answered * BATCHES / plan.requests
                          : (answered - books.begin) * BATCHES / (books.end - books.begin);
    return number < BATCHES ? &books.batches[number] : NULL;
}

/* Is answered within the measured time: that is throughput. */
static void add_answer(const client *me)
{
    bool within =
        plan.requests > 0 ? me->counts : me->answered >= books.begin && me->answered < books.end;
    if (!within)
        return;
    struct batch *batch = batch_of(me->answered);
    books.answered++;
    if (batch != NULL) {
        batch->answered++;
        batch->last = me->answered;
    }
}

static void add_times(const client *me)
{
    double response = (double)(me->answered - me->planned) * 1e-9;
    double service = (double)(me->answered - me->sent) * 1e-9;
    struct batch *batch = batch_of(plan.requests > 0 ? me->answered : me->planned);
    sim_histogram_add(&books.response, response);
    sim_histogram_add(&books.service, service);
    if (batch != NULL) {
        batch->sum += response;
        sim_histogram_add(&batch->response, response);
    }
}

static void add(const client *me)
{
    bool answered = me->outcome <= OUTCOME_5XX;
    if (me->opened)
        books.made++;
    if (me->lagged && me->counts)
        books_lag(me->lag);
    if (me->outcome == OUTCOME_ABANDONED)
        return;
    if (me->counts) {
        books.finished++;
        books.outcomes[me->outcome]++;
        books.retried += me->retried;
        books.last = me->answered;
        if (me->outcome == OUTCOME_OTHER)
            books.error = me->error;
        if (answered) {
            books.bytes += me->response.body;
            add_times(me);
        }
    }
    if (answered)
        add_answer(me);
}

/* ---- clients --------------------------------------------------------------------------------- */

void books_dismiss(client *me)
{
    client_free(me);
    books.clients--;
}

/* One that waits would do so in vain. */
static void lose(struct ask what)
{
    if (what.counts) {
        books.finished++;
        books.outcomes[OUTCOME_UNSENT]++;
    }
}

static void wait(struct ask what)
{
    if (waiting.count == waiting.room) {
        size_t room = waiting.room == 0 ? 1024 : 2 * waiting.room;
        struct ask *asks = room <= WAITING_MOST ? malloc(room * sizeof *asks) : NULL;
        if (asks == NULL) {
            lose(what);
            return;
        }
        for (size_t i = 0; i < waiting.count; i++)
            asks[i] = waiting.asks[(waiting.head + i) % waiting.room];
        free(waiting.asks);
        waiting.asks = asks;
        waiting.head = 0;
        waiting.room = room;
    }
    waiting.asks[(waiting.head + waiting.count++) % waiting.room] = what;
    if (what.counts)
        books.waited++;
}

static bool take_waiting(struct ask *what)
{
    if (waiting.count == 0)
        return false;
    *what = waiting.asks[waiting.head];
    waiting.head = (waiting.head + 1) % waiting.room;
    waiting.count--;
    return true;
}

client *books_take(struct ask what)
{
    client *me = idle;
    if (me != NULL) {
        idle = me->next;
        books.idle_count--;
    } else if (books.clients < plan.connections) {
        me = client_new();
        books.clients += me != NULL;
    }
    if (me != NULL)
        client_ask(me, what);
    else
        wait(what);
    return me;
}

client *books_gather(void)
{
    client *me = client_new();
    books.gathered++;
    if (me != NULL) {
        books.clients++;
        me->state = CLIENT_GATHERING;
    }
    struct flux_load load = flux_load();
    bool all = (double)books.gathered >= plan.workload.clients;
    if (!books.let_go && (all || load.flows >= load.limit)) {
        books.let_go = true;
        books_open(0);
        client_let_go();
    }
    return me;
}

bool books_rest(void)
{
    return schedule_exhausted() && waiting.count == 0 && books.idle_count == books.clients;
}

/* For a client that comes again: after a pause, if it is not over by then. */
static client *pause_or_go(client *me, uint64_t pause)
{
    uint64_t planned = me->answered + pause;
    if (books_over(planned)) {
        books_dismiss(me);
        return NULL;
    }
    client_ask(me, books_plan(planned, schedule_pick()));
    if (pause > 0) {
        me->state = CLIENT_PAUSING;
        me->pause_end = planned;
        me->patience = whole_milliseconds(pause); /* the rest is slept */
    }
    return me;
}

/* For a connection that is free: a request that waits for one. */
static client *serve_waiting(client *me, uint64_t now)
{
    struct ask what;
    bool over = books_over(now);
    while (take_waiting(&what)) {
        if (!over || plan.requests > 0) {
            client_ask(me, what);
            return me;
        }
        lose(what);
    }
    if (me->stream.socket < 0) {
        books_dismiss(me);
    } else {
        me->next = idle;
        idle = me;
        books.idle_count++;
    }
    return NULL;
}

client *books_settle(client *me)
{
    bool answered = me->outcome <= OUTCOME_5XX;
    books_watch(me->answered);
    add(me);
    me->lagged = me->retried = me->opened = false;
    if (!answered || !me->response.keep_alive || plan.no_keep_alive)
        client_close(me);
    if (me->outcome == OUTCOME_ABANDONED || flux_stopping()) {
        books_dismiss(me);
        return NULL;
    }
    if (plan.workload.kind == WORKLOAD_CLOSED)
        return pause_or_go(me, schedule_pause() + (answered ? 0 : RETRY_PAUSE));
    if (answered && schedule_again()) {
        uint64_t pause = schedule_pause();
        if (!books_over(me->answered + pause))
            return pause_or_go(me, pause);
    }
    return serve_waiting(me, me->answered);
}

/* poller.c - flows in `await`: parked on a descriptor, without a worker.
 *
 * All workers share one epoll. One that has nothing to run waits in it, and runs the flow whose
 * descriptor it is told of: no other thread stands in between. epoll tells an event to one of those
 * who wait, the one that came last, whose caches are warm. Others wait beside it, so when a node
 * blocks its worker, the next event is another's, without anybody having to notice first.
 *
 * An await asks before it waits. With many connections a flow that goes back to its await comes
 * behind those that are ready (flux_turn), and by then its next request is there: epoll has nothing
 * to do. To arm at once costs as much as to ask (200 ns), but then each request also passes through
 * epoll, which costs more than asking in vain.
 *
 * Each descriptor that was ever awaited has a record with the flows that wait for it. It is
 * registered once-only (EPOLLONESHOT) and armed anew by every await. That costs a system call, and
 * tells what nobody else tells us: that a node has closed the descriptor meanwhile and its number
 * now means another file (ENOENT). Those who waited for the old file then end with EBADF. Each
 * arming has a number, which events carry: an event of an arming that is not the last one may be
 * about another file, or about data that is gone, and is passed over; if it is still true, the last
 * arming reports it, too.
 *
 * Deadlines stand in queues by the length of their limit, so that one comes behind those that are
 * there: a program has few limits, and most flows have the same. Limits that differ by less than an
 * eighth share a queue, which is kept in order by looking for the place from its end. A timer in
 * the same epoll goes off at the soonest deadline, or at an earlier one that has been removed
 * since: nearly all are, and to leave the timer alone is to set it once for many.
 */
#include "guard.h"
#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND      UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)
#define EVENTS      64
#define CHUNK       4096 /* records */
#define CHUNKS      ((size_t)(UINT32_C(1) << 31) / CHUNK)
#define CALL        UINT64_MAX /* what an event carries that is no descriptor's */
#define TIMER       (UINT64_MAX - 1)
#define NEVER       UINT64_MAX
#define QUEUES      232u

/* The guard protects the record, and its flows as long as they wait here. It is held while the
 * descriptor is armed: who is told of it at once finds the flow. */
struct record {
    struct flux_flow *head, *tail; /* linked by next and prev, in order of arrival */
    uint32_t readers, writers;     /* of these */
    uint32_t arming;
    atomic_uint guard;
};

struct deadlines {
    struct flux_flow *head, *tail; /* linked by later and earlier, soonest first */
};

static int epoll_fd = -1, call_fd = -1, timer_fd = -1;

/* Of CHUNK records, by number of the descriptor; NULL: none yet. Behind chunk_count there is none.
 */
static _Atomic(struct record *) chunks[CHUNKS];
static atomic_size_t chunk_count;

/* All below, and of the waiting flows what links them there; taken under the guard of a record. */
static pthread_mutex_t deadlines_lock = PTHREAD_MUTEX_INITIALIZER;
static struct deadlines deadlines[QUEUES];
static uint64_t occupied[(QUEUES + 63) / 64]; /* a bit for each queue that is not empty */
static uint64_t timer_at = NEVER;             /* when the timer goes off */

/* ---- records --------------------------------------------------------------------------------- */

/* One that is there, since the descriptor was awaited. */
static struct record *record_at(int fd)
{
    return &atomic_load_explicit(&chunks[fd / CHUNK], memory_order_acquire)[fd % CHUNK];
}

static struct record *chunk_new(size_t index)
{
    struct record *made = calloc(CHUNK, sizeof *made), *there = NULL;
    size_t count = atomic_load(&chunk_count);
    if (made == NULL)
        return NULL;
    while (count <= index && !atomic_compare_exchange_weak(&chunk_count, &count, index + 1))
        continue;
    if (atomic_compare_exchange_strong(&chunks[index], &there, made))
        return made;
    free(made);
    return there;
}

/* NULL: no memory. */
static struct record *record_of(int fd)
{
    size_t index = (size_t)fd / CHUNK;
    struct record *chunk = atomic_load_explicit(&chunks[index], memory_order_acquire);
    if (chunk == NULL)
        chunk = chunk_new(index);
    return chunk != NULL ? &chunk[fd % CHUNK] : NULL;
}

static uint32_t *waiters(struct record *record, unsigned events)
{
    return events == FLUX_READABLE ? &record->readers : &record->writers;
}

static void record_add(struct record *record, struct flux_flow *flow)
{
    flow->next = NULL;
    flow->prev = record->tail;
    *(record->tail != NULL ? &record->tail->next : &record->head) = flow;
    record->tail = flow;
    ++*waiters(record, flow->events);
}

static void record_remove(struct record *record, struct flux_flow *flow)
{
    *(flow->prev != NULL ? &flow->prev->next : &record->head) = flow->next;
    *(flow->next != NULL ? &flow->next->prev : &record->tail) = flow->prev;
    --*waiters(record, flow->events);
}

/* Registers the descriptor for what its waiters want, and `more` (0: nothing else). Returns 0 or
 * what epoll_ctl says; sets *renewed when the number has meant another file until now. */
static int arm(struct record *record, int fd, unsigned more, bool *renewed)
{
    struct epoll_event event = {.events = EPOLLONESHOT,
                                .data.u64 = (uint64_t)++record->arming << 32 | (uint32_t)fd};
    if (record->readers > 0 || more == FLUX_READABLE)
        event.events |= EPOLLIN;
    if (record->writers > 0 || more == FLUX_WRITABLE)
        event.events |= EPOLLOUT;
    *renewed = false;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (errno != ENOENT)
        return errno;
    *renewed = true;
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

/* ---- deadlines ------------------------------------------------------------------------------- */

/* Which queue is for a limit: exact below 16 ms, then eight for each power of two, the last one for
 * all that is longer. */
static unsigned queue_of(uint64_t limit)
{
    unsigned shift = limit < 16 ? 0 : 60 - (unsigned)__builtin_clzll(limit);
    uint64_t queue = shift * UINT64_C(8) + (limit >> shift);
    return queue < QUEUES ? (unsigned)queue : QUEUES - 1;
}

/* Under the lock of deadlines. The timer goes off at the next full millisecond: deadlines that are
 * close together pass together. NEVER: not at all. */
static void set_timer(uint64_t at)
{
    struct itimerspec timer = {.it_value = {.tv_sec = 0}};
    timer_at =
        at < NEVER - MILLISECOND ? (at + MILLISECOND - 1) / MILLISECOND * MILLISECOND : NEVER;
    if (timer_at != NEVER) {
        timer.it_value.tv_sec = (time_t)(timer_at / SECOND);
        timer.it_value.tv_nsec = (long)(timer_at % SECOND);
    }
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
}

/* The queue a flow stands in is in its flags, counted from 1. */
static void deadline_add(struct flux_flow *flow, int64_t limit)
{
    unsigned index = queue_of((uint64_t)limit);
    struct deadlines *queue = &deadlines[index];

    flow->deadline = fluxi_deadline(flux_now(), limit);
    flow->flags = (uint8_t)(index + 1);
    pthread_mutex_lock(&deadlines_lock);
    struct flux_flow *before = queue->tail;
    while (before != NULL && before->deadline > flow->deadline)
        before = before->earlier;
    flow->earlier = before;
    flow->later = before != NULL ? before->later : queue->head;
    *(before != NULL ? &before->later : &queue->head) = flow;
    *(flow->later != NULL ? &flow->later->earlier : &queue->tail) = flow;
    occupied[index / 64] |= UINT64_C(1) << index % 64;
    if (flow->deadline < timer_at)
        set_timer(flow->deadline);
    pthread_mutex_unlock(&deadlines_lock);
}

static void deadline_remove(struct flux_flow *flow)
{
    if (flow->flags == 0)
        return;
    unsigned index = flow->flags - 1u;
    struct deadlines *queue = &deadlines[index];
    pthread_mutex_lock(&deadlines_lock);
    *(flow->earlier != NULL ? &flow->earlier->later : &queue->head) = flow->later;
    *(flow->later != NULL ? &flow->later->earlier : &queue->tail) = flow->earlier;
    if (queue->head == NULL)
        occupied[index / 64] &= ~(UINT64_C(1) << index % 64);
    pthread_mutex_unlock(&deadlines_lock);
    flow->flags = 0;
}

/* Under the lock of deadlines: the flow whose deadline comes first; NULL: there is none. */
static struct flux_flow *soonest(void)
{
    struct flux_flow *first = NULL;
    for (unsigned word = 0; word < sizeof occupied / sizeof occupied[0]; word++) {
        for (uint64_t bits = occupied[word]; bits != 0; bits &= bits - 1) {
            struct flux_flow *flow = deadlines[word * 64 + (unsigned)__builtin_ctzll(bits)].head;
            if (first == NULL || flow->deadline < first->deadline)
                first = flow;
        }
    }
    return first;
}

/* ---- resuming -------------------------------------------------------------------------------- */

/* Flows that have been taken out, to be queued once the guards are released. */
struct resumed {
    struct flux_flow *head, **end;
};

#define NOBODY(resumed) ((struct resumed){.end = &(resumed).head})

static void resume(struct resumed *resumed, struct record *record, struct flux_flow *flow,
                   int error)
{
    record_remove(record, flow);
    deadline_remove(flow);
    flow->error = error;
    if (fluxi_profile_there())
        fluxi_profile_woken(flow);
    flow->next = NULL;
    *resumed->end = flow;
    resumed->end = &flow->next;
}

/* All that wait for one of `events`; with `idle`, only idle ones. */
static void resume_all(struct resumed *resumed, struct record *record, unsigned events, bool idle,
                       int error)
{
    struct flux_flow *next;
    for (struct flux_flow *flow = record->head; flow != NULL; flow = next) {
        next = flow->next;
        if ((flow->events & events) != 0 && (flow->idle || !idle))
            resume(resumed, record, flow, error);
    }
}

static void deliver(const struct resumed *resumed)
{
    if (resumed->head != NULL)
        fluxi_queue_ready(resumed->head);
}

#define ANY (FLUX_READABLE | FLUX_WRITABLE)

static unsigned ready_for(uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        return ANY;
    return ((events & EPOLLIN) != 0 ? FLUX_READABLE : 0u) |
           ((events & EPOLLOUT) != 0 ? FLUX_WRITABLE : 0u);
}

static void resume_ready(struct resumed *resumed, const struct epoll_event *event)
{
    int fd = (int)(event->data.u64 & UINT32_MAX);
    struct record *record = record_at(fd);

    fluxi_guard_lock(&record->guard);
    if (record->arming == event->data.u64 >> 32) {
        resume_all(resumed, record, ready_for(event->events), false, 0);
        /* The others still wait, unless the descriptor has been closed since. */
        bool renewed = false;
        int error = record->head != NULL ? arm(record, fd, 0, &renewed) : 0;
        if (error != 0 || renewed)
            resume_all(resumed, record, ANY, false, error == ENOMEM ? ENOMEM : EBADF);
    }
    fluxi_guard_unlock(&record->guard);
}

static void resume_late(struct resumed *resumed, int fd, uint64_t now)
{
    struct record *record = record_at(fd);
    struct flux_flow *next;

    fluxi_guard_lock(&record->guard);
    for (struct flux_flow *flow = record->head; flow != NULL; flow = next) {
        next = flow->next;
        if (flow->flags != 0 && flow->deadline <= now)
            resume(resumed, record, flow, ETIMEDOUT);
    }
    fluxi_guard_unlock(&record->guard);
}

/* A flow whose deadline is in the queue waits, or is just being resumed: that it has passed is
 * looked up again under the guard. */
static void resume_expired(struct resumed *resumed)
{
    uint64_t now = flux_now();
    for (;;) {
        pthread_mutex_lock(&deadlines_lock);
        struct flux_flow *first = soonest();
        bool late = first != NULL && first->deadline <= now;
        int fd = late ? first->fd : -1;
        if (!late)
            set_timer(first != NULL ? first->deadline : NEVER);
        pthread_mutex_unlock(&deadlines_lock);
        if (!late)
            return;
        resume_late(resumed, fd, now);
    }
}

/* ---- the lookout ----------------------------------------------------------------------------- */

static struct flux_flow *look(bool wait, bool *called)
{
    struct epoll_event events[EVENTS];
    struct resumed resumed = NOBODY(resumed);
    int count = epoll_wait(epoll_fd, events, EVENTS, wait ? -1 : 0);
    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 == CALL)
            *called = true;
        else if (events[i].data.u64 == TIMER)
            resume_expired(&resumed);
        else
            resume_ready(&resumed, &events[i]);
    }
    return resumed.head;
}

static void call(void)
{
    uint64_t one = 1;
    while (write(call_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

const struct fluxi_lookout fluxi_poller = {.look = look, .call = call};

/* Edge-triggered, so that each call, and each time the timer goes off, is told to one of those who
 * wait, and nothing has to be read. */
static bool add(int fd, uint64_t what)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = what};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void close_all(void)
{
    close(epoll_fd);
    close(call_fd);
    close(timer_fd);
}

int fluxi_poller_start(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (epoll_fd >= 0 && call_fd >= 0 && timer_fd >= 0 && add(call_fd, CALL) &&
        add(timer_fd, TIMER))
        return 0;
    int error = errno;
    close_all();
    return error;
}

void fluxi_poller_join(void)
{
    close_all();
    for (size_t i = 0; i < atomic_load(&chunk_count); i++)
        free(atomic_load(&chunks[i]));
}

void fluxi_poller_stop(void)
{
    struct resumed resumed = NOBODY(resumed);
    for (size_t chunk = 0; chunk < atomic_load(&chunk_count); chunk++) {
        struct record *records = atomic_load(&chunks[chunk]);
        for (size_t i = 0; records != NULL && i < CHUNK; i++) {
            fluxi_guard_lock(&records[i].guard);
            resume_all(&resumed, &records[i], ANY, true, ECANCELED);
            fluxi_guard_unlock(&records[i].guard);
        }
    }
    deliver(&resumed);
}

/* ---- await ----------------------------------------------------------------------------------- */

/* What can be said at once: 0 (ready), an error, or EAGAIN: one has to wait. */
static int ask(int fd, enum flux_ready events, int64_t limit, bool idle)
{
    struct pollfd now = {.fd = fd, .events = events == FLUX_READABLE ? POLLIN : POLLOUT};
    if (idle && atomic_load(&fluxi_stopping))
        return ECANCELED;
    if (fd < 0)
        return EBADF; /* poll would pass over it */
    int ready = poll(&now, 1, 0);
    if (ready > 0)
        return (now.revents & POLLNVAL) != 0 ? EBADF : 0;
    if (ready < 0 && errno != EINTR)
        return errno;
    return limit == 0 ? ETIMEDOUT : EAGAIN;
}

/* Under the guard: 0 when the flow waits, else as ask() says. */
static int park(struct record *record, struct flux_flow *flow, int64_t limit,
                struct resumed *resumed)
{
    bool renewed;

    if (flow->idle && atomic_load(&fluxi_stopping)) /* fluxi_poller_stop may have been there */
        return ECANCELED;
    int error = arm(record, flow->fd, flow->events, &renewed);
    if (renewed || error == EBADF)
        resume_all(resumed, record, ANY, false, EBADF);
    if (error != 0)
        return error;
    record_add(record, flow);
    flow->deadline = 0;
    flow->flags = 0;
    if (limit > 0)
        deadline_add(flow, limit);
    return 0;
}

bool fluxi_poller_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit,
                        bool idle, uint32_t at)
{
    struct resumed resumed = NOBODY(resumed);
    int error = ask(fd, events, limit, idle);
    if (error != EAGAIN) {
        flow->error = error;
        return false;
    }
    struct record *record = record_of(fd);
    if (record == NULL) {
        flow->error = ENOMEM;
        return false;
    }
    flow->at = at;
    flow->fd = fd;
    flow->events = (uint8_t)events;
    flow->idle = idle;

    fluxi_guard_lock(&record->guard);
    error = park(record, flow, limit, &resumed);
    fluxi_guard_unlock(&record->guard);
    deliver(&resumed);
    if (error != 0)
        flow->error = error == EPERM ? 0 : error == ENOSPC ? ENOMEM : error; /* EPERM: R36 */
    return error == 0;
}

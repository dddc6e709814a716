/* poller.c - flows in `await`: parked on a descriptor, without a worker.
 *
 * One thread sleeps in epoll_wait. Workers register descriptors themselves, which epoll allows
 * while that thread sleeps; a libevent loop would have to be woken for each of them.
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
 * eighth share a queue, which is kept in order by looking for the place from its end.
 */
#include "pool.h"
#include "queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)
#define EVENTS      256
#define CHUNK       1024 /* records */
#define WAKE        UINT64_MAX
#define NEVER       UINT64_MAX
#define QUEUES      232u

struct record {
    struct flux_flow *head, *tail; /* linked by next and prev, in order of arrival */
    uint32_t readers, writers;     /* of these */
    uint32_t arming;
};

struct deadlines {
    struct flux_flow *head, *tail; /* linked by later and earlier, soonest first */
};

static int epoll_fd = -1, wake_fd = -1;
static pthread_t thread;

/* All below, and the waiting flows, are protected by `lock`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record **chunks; /* of CHUNK records, by number of the descriptor; NULL: none yet */
static size_t chunk_count;
static struct deadlines deadlines[QUEUES];
static uint64_t occupied[(QUEUES + 63) / 64]; /* a bit for each queue that is not empty */
static uint64_t sleeps_until;                 /* the poller; 0: it does not sleep */
static bool closing;

/* ---- records --------------------------------------------------------------------------------- */

/* NULL: no memory. */
static struct record *record_of(int fd)
{
    size_t chunk = (size_t)fd / CHUNK;
    if (chunk >= chunk_count) {
        struct record **more = realloc(chunks, (chunk + 1) * sizeof *more);
        if (more == NULL)
            return NULL;
        memset(more + chunk_count, 0, (chunk + 1 - chunk_count) * sizeof *more);
        chunks = more;
        chunk_count = chunk + 1;
    }
    if (chunks[chunk] == NULL)
        chunks[chunk] = calloc(CHUNK, sizeof *chunks[chunk]);
    return chunks[chunk] != NULL ? &chunks[chunk][fd % CHUNK] : NULL;
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

/* The queue a flow stands in is in its flags, counted from 1. */
static void deadline_add(struct flux_flow *flow, int64_t limit)
{
    unsigned index = queue_of((uint64_t)limit);
    struct deadlines *queue = &deadlines[index];
    struct flux_flow *before = queue->tail;

    flow->deadline = fluxi_deadline(limit);
    flow->flags = (uint8_t)(index + 1);
    while (before != NULL && before->deadline > flow->deadline)
        before = before->earlier;
    flow->earlier = before;
    flow->later = before != NULL ? before->later : queue->head;
    *(before != NULL ? &before->later : &queue->head) = flow;
    *(flow->later != NULL ? &flow->later->earlier : &queue->tail) = flow;
    occupied[index / 64] |= UINT64_C(1) << index % 64;
}

static void deadline_remove(struct flux_flow *flow)
{
    if (flow->flags == 0)
        return;
    unsigned index = flow->flags - 1u;
    struct deadlines *queue = &deadlines[index];
    *(flow->earlier != NULL ? &flow->earlier->later : &queue->head) = flow->later;
    *(flow->later != NULL ? &flow->later->earlier : &queue->tail) = flow->earlier;
    if (queue->head == NULL)
        occupied[index / 64] &= ~(UINT64_C(1) << index % 64);
    flow->flags = 0;
}

/* The flow whose deadline comes first; NULL: there is none. */
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

/* Flows that have been taken out, to be queued once the lock is released. */
struct resumed {
    struct flux_flow *head, **end;
};

static void resume(struct resumed *resumed, struct record *record, struct flux_flow *flow,
                   int error)
{
    record_remove(record, flow);
    deadline_remove(flow);
    flow->error = error;
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

static void resume_ready(struct resumed *resumed, const struct epoll_event *event)
{
    int fd = (int)(event->data.u64 & UINT32_MAX);
    struct record *record = &chunks[fd / CHUNK][fd % CHUNK];
    bool renewed;
    int error;

    if (record->arming != event->data.u64 >> 32)
        return;
    unsigned events = (event->events & EPOLLIN) != 0 ? FLUX_READABLE : 0;
    if ((event->events & EPOLLOUT) != 0)
        events |= FLUX_WRITABLE;
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
        events = ANY;
    resume_all(resumed, record, events, false, 0);
    if (record->head == NULL)
        return;
    /* The others still wait, unless the descriptor has been closed since. */
    error = arm(record, fd, 0, &renewed);
    if (error != 0 || renewed)
        resume_all(resumed, record, ANY, false, error == ENOMEM ? ENOMEM : EBADF);
}

static void resume_expired(struct resumed *resumed)
{
    struct flux_flow *flow;
    uint64_t now = flux_now();
    while ((flow = soonest()) != NULL && flow->deadline <= now)
        resume(resumed, &chunks[flow->fd / CHUNK][flow->fd % CHUNK], flow, ETIMEDOUT);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void wake_poller(void)
{
    uint64_t one = 1;
    while (write(wake_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

/* Under the lock. Milliseconds, rounded up so that nobody is early. */
static int plan_sleep(void)
{
    struct flux_flow *first = soonest();
    sleeps_until = first != NULL ? first->deadline : NEVER;
    if (first == NULL)
        return -1;
    uint64_t now = flux_now();
    uint64_t left = first->deadline > now ? (first->deadline - now - 1) / MILLISECOND + 1 : 0;
    return left < 1000000 ? (int)left : 1000000;
}

static void *poll_descriptors(void *unused)
{
    struct epoll_event events[EVENTS];
    int count = 0;

    (void)unused;
    for (;;) {
        struct resumed resumed = {.end = &resumed.head};
        pthread_mutex_lock(&lock);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 != WAKE)
                resume_ready(&resumed, &events[i]);
        }
        resume_expired(&resumed);
        int sleep = plan_sleep();
        bool end = closing;
        pthread_mutex_unlock(&lock);
        deliver(&resumed);
        if (end)
            return NULL;
        count = epoll_wait(epoll_fd, events, EVENTS, sleep);
    }
}

int fluxi_poller_start(void)
{
    struct epoll_event wake = {.events = EPOLLIN | EPOLLET, .data.u64 = WAKE};
    int error;

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &wake) != 0)
        error = errno;
    else
        error = pthread_create(&thread, NULL, poll_descriptors, NULL);
    if (error != 0) {
        close(epoll_fd);
        close(wake_fd);
    }
    return error;
}

void fluxi_poller_join(void)
{
    pthread_mutex_lock(&lock);
    closing = true;
    pthread_mutex_unlock(&lock);
    wake_poller();
    pthread_join(thread, NULL);
    close(epoll_fd);
    close(wake_fd);
    for (size_t i = 0; i < chunk_count; i++)
        free(chunks[i]);
    free(chunks);
}

void fluxi_poller_stop(void)
{
    struct resumed resumed = {.end = &resumed.head};
    pthread_mutex_lock(&lock);
    for (size_t chunk = 0; chunk < chunk_count; chunk++) {
        for (size_t i = 0; chunks[chunk] != NULL && i < CHUNK; i++)
            resume_all(&resumed, &chunks[chunk][i], ANY, true, ECANCELED);
    }
    pthread_mutex_unlock(&lock);
    deliver(&resumed);
}

/* ---- await ----------------------------------------------------------------------------------- */

/* What can be said at once: 0 (ready), an error, or EAGAIN: one has to wait. */
static int look(int fd, enum flux_ready events, int64_t limit, bool idle)
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

/* Under the lock: 0 when the flow waits, else as look() says. */
static int park(struct flux_flow *flow, int64_t limit, struct resumed *resumed)
{
    struct record *record;
    bool renewed;

    if (flow->idle && atomic_load(&fluxi_stopping)) /* fluxi_poller_stop may have been there */
        return ECANCELED;
    if ((record = record_of(flow->fd)) == NULL)
        return ENOMEM;
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
    struct resumed resumed = {.end = &resumed.head};
    int error = look(fd, events, limit, idle);
    if (error != EAGAIN) {
        flow->error = error;
        return false;
    }
    flow->at = at;
    flow->fd = fd;
    flow->events = (uint8_t)events;
    flow->idle = idle;

    pthread_mutex_lock(&lock);
    error = park(flow, limit, &resumed);
    bool parked = error == 0, wake = parked && limit > 0 && flow->deadline < sleeps_until;
    pthread_mutex_unlock(&lock);
    if (wake)
        wake_poller();
    deliver(&resumed);
    if (!parked)
        flow->error = error == EPERM ? 0 : error == ENOSPC ? ENOMEM : error; /* EPERM: R36 */
    return parked;
}

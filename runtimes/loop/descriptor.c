/* descriptor.c - who waits for which descriptor.
 *
 * Each loop has a record for each descriptor that it has waited for. All waiting goes through it:
 * awaits (parked flows) and calls that block (carriers). The poller is told of a descriptor once,
 * level-triggered, and not again for each wait: a request on a keep-alive connection costs no
 * epoll_ctl. Events for which nobody waits are tolerated once, since the flow that they woke may
 * not have run yet; the second time the poller is told to leave them out.
 *
 * A number may be closed and used again, by any thread. Hence the process-wide table: which loops
 * have a record for a number, and a generation that is part of what the poller reports. Closing
 * takes the number out of all pollers first: they would go on reporting a description that a child
 * or a duplicate keeps open, under a number that no longer means it. Where that happens all the
 * same (the library closes files of its own past us), the poller is made anew.
 */
#include "loop/calls.h"
#include "loop/record.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Bounds of the table, for processes whose limit is low but may be raised, or is none. */
#define NUMBERS_LEAST (1u << 20)
#define NUMBERS_MOST  (4u << 20)

/* What all threads know of a number. */
struct descriptor {
    atomic_uint generation; /* odd: it is being closed */
    atomic_bool lent;
    atomic_bool changing; /* by a loop whose flow's it may not be, see poller_change */
    atomic_ulong loops;   /* bit index % 64: some of these may have a record */
};

/* Indexed by the number. Only its pages that are in use hold memory. It stays for good, since any
 * thread may close a descriptor at any time. */
static struct descriptor *descriptors;
static unsigned descriptor_count;
static atomic_uint settings_epoch = 1;

/* ---- the process-wide table ------------------------------------------------------------------ */

/* Before main, and thus before there are threads. */
__attribute__((constructor)) static void descriptors_start(void)
{
    struct rlimit limit;
    unsigned count = NUMBERS_LEAST;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max > count)
        count = limit.rlim_max < NUMBERS_MOST ? (unsigned)limit.rlim_max : NUMBERS_MOST;
    void *memory = mmap(NULL, count * sizeof *descriptors, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return;
    descriptors = memory;
    descriptor_count = count;
}

/* NULL: the number is beyond all limits. */
static struct descriptor *descriptor_find(int fd)
{
    return (unsigned)fd < descriptor_count ? &descriptors[fd] : NULL;
}

bool fluxi_descriptor_lent(int fd)
{
    const struct descriptor *descriptor = descriptor_find(fd);
    if (descriptor && atomic_load_explicit(&descriptor->lent, memory_order_relaxed))
        return true;
    return fluxi_loan_find(fd) && fluxi_descriptor_set_lent(fd, true); /* by another number */
}

bool fluxi_descriptor_set_lent(int fd, bool lent)
{
    struct descriptor *descriptor = descriptor_find(fd);
    if (lent && (!descriptor || !(fluxi_loan_find(fd) || fluxi_loan_make(fd))))
        return false;
    if (!lent)
        fluxi_loan_end(fd);
    if (descriptor)
        atomic_store(&descriptor->lent, lent);
    return true;
}

/* ---- a loop's records ------------------------------------------------------------------------ */

/* Wakes everybody who waits for any of `events` (all of them at a hang-up or error). Returns those
 * that were waited for. */
static uint32_t wake(struct loop *loop, struct record *record, uint32_t events, int error)
{
    uint32_t claimed = 0;
    for (struct flux_flow *flow = record->flows, *next; flow; flow = next) {
        next = flow->next;
        uint32_t wanted = flow->events & FLUX_READABLE ? EPOLLIN : EPOLLOUT;
        if (wanted & events) {
            claimed |= wanted;
            fluxi_await_end(loop, flow, error);
        }
    }
    for (struct wait *wait = record->waits, *next; wait; wait = next) {
        next = wait->next;
        if (wait->events & events) {
            claimed |= wait->events;
            /* All waits of its carrier end; those for one descriptor stand together. */
            while (next && next->carrier == wait->carrier)
                next = next->next;
            fluxi_carrier_wake(loop, wait->carrier, error);
        }
    }
    return claimed;
}

/* The record is no longer about the descriptor that now has its number. */
static void record_drop(struct loop *loop, struct record *record)
{
    wake(loop, record, UINT32_MAX, EBADF);
    fluxi_record_remove(loop, record);
}

/* NULL: there is none, or it is about a descriptor that another thread has closed. */
static struct record *record_current(struct loop *loop, int fd)
{
    const struct descriptor *descriptor = descriptor_find(fd);
    struct record *record = descriptor ? fluxi_record_find(loop, fd) : NULL;
    if (!record || record->generation != atomic_load(&descriptor->generation))
        return NULL;
    return record;
}

/* Says that this loop has a record for the number, and returns what generation it is of. Whoever
 * closes the number makes the generation odd and then looks which loops have one: so either he sees
 * ours, or we see that he is at it, and wait until the number means nothing, or something else. */
static unsigned join(struct loop *loop, struct descriptor *descriptor)
{
    for (;;) {
        unsigned generation = atomic_load(&descriptor->generation);
        if (generation % 2 == 0) {
            atomic_fetch_or(&descriptor->loops, 1ul << loop->index % 64);
            if (atomic_load(&descriptor->generation) == generation)
                return generation;
        }
        sched_yield();
    }
}

/* Makes the record where there is none. NULL: no memory. */
static struct record *record_get(struct loop *loop, int fd)
{
    struct record *record = record_current(loop, fd);
    if (record)
        return record;
    struct descriptor *descriptor = descriptor_find(fd);
    if (!descriptor)
        return NULL;
    record = fluxi_record_find(loop, fd);
    if (record)
        record_drop(loop, record);
    record = fluxi_record_make(loop, fd);
    if (record)
        record->generation = join(loop, descriptor);
    return record;
}

/* ---- the poller ------------------------------------------------------------------------------ */

static int poller_set(struct loop *loop, int fd, struct record *record, uint32_t events)
{
    int how = !record->armed ? EPOLL_CTL_ADD : events ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    struct epoll_event event = {.events = events,
                                .data.u64 = (uint64_t)record->generation << 32 | (uint32_t)fd};
    int error = epoll_ctl(loop->poller, how, fd, &event) == 0 ? 0 : errno;
    /* A number that was closed and used again behind our back. */
    if (error == ENOENT && how == EPOLL_CTL_MOD)
        error = epoll_ctl(loop->poller, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
    else if (error == EEXIST)
        error = epoll_ctl(loop->poller, EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
    if (error == 0 || how == EPOLL_CTL_DEL)
        record->armed = (uint16_t)events;
    return error == ENOSPC ? ENOMEM : error; /* fs.epoll.max_user_watches */
}

/* The same where the flow whose descriptor it is may have moved on to another loop, and close it
 * meanwhile. Whoever does makes the generation odd and then waits while this goes on: so either he
 * sees that, or we see that he is at it, and he takes it out of this poller. */
static int poller_change(struct loop *loop, int fd, struct record *record, uint32_t events)
{
    struct descriptor *descriptor = descriptor_find(fd);
    int error = 0;
    while (atomic_exchange(&descriptor->changing, true))
        sched_yield(); /* another loop is at it */
    if (record->generation == atomic_load(&descriptor->generation))
        error = poller_set(loop, fd, record, events);
    atomic_store(&descriptor->changing, false);
    return error;
}

/* Returns 0, EBADF, ENOMEM, or EPERM for what cannot be polled. */
static int arm(struct loop *loop, int fd, struct record *record, uint32_t events)
{
    record->unclaimed = false;
    if ((record->armed & events) == events)
        return 0;
    return poller_set(loop, fd, record, record->armed | events);
}

/* Replaces the poller by one that reports what it should: the old one reports a description that
 * can no longer be taken out, since its number means something else or nothing. */
static void poller_renew(struct loop *loop)
{
    int fresh = fluxi_poller_new(loop);
    if (fresh < 0) {
        static struct fluxi_log_limit limit;
        fluxi_log_limited(&limit, FLUX_WARNING, "no descriptor to make a poller anew: %s",
                          flux_strerror(errno));
        return;
    }
    REAL(dup3)(fresh, loop->poller, O_CLOEXEC);
    REAL(close)(fresh);
    for (unsigned i = 0; i < loop->records.size; i++) {
        struct record *record = &loop->records.entries[i];
        uint32_t events = record->armed;
        record->armed = 0;
        if (events != 0 && poller_change(loop, record->fd, record, events) != 0)
            wake(loop, record, UINT32_MAX, 0); /* what is wrong with it, they will see */
    }
}

void fluxi_descriptor_ready(struct loop *loop, uint64_t data, uint32_t events)
{
    int fd = (int)(uint32_t)data;
    struct record *record = fluxi_record_find(loop, fd);
    if (!record || record->generation != data >> 32 || record->armed == 0) {
        poller_renew(loop);
        return;
    }
    uint32_t fired = events & (EPOLLERR | EPOLLHUP) ? UINT32_MAX : events;
    uint32_t idle = record->armed & fired & ~wake(loop, record, fired, 0);
    if (idle == 0)
        return;
    if (!record->unclaimed) {
        record->unclaimed = true;
        return;
    }
    poller_change(loop, fd, record, record->armed & ~idle);
}

/* ---- blocked calls --------------------------------------------------------------------------- */

int fluxi_wait_begin(struct loop *loop, struct wait *wait)
{
    if (wait->fd < 0)
        return EBADF;
    struct record *record = record_get(loop, wait->fd);
    if (!record)
        return ENOMEM;
    int error = arm(loop, wait->fd, record, wait->events);
    if (error)
        return error;
    if (record->waits) {
        wait->prev = record->waits->prev;
        wait->prev->next = wait;
    } else {
        record->waits = wait;
    }
    wait->next = NULL;
    record->waits->prev = wait;
    return 0;
}

void fluxi_wait_end(struct loop *loop, struct wait *wait)
{
    struct record *record = fluxi_record_find(loop, wait->fd);
    if (wait->next)
        wait->next->prev = wait->prev;
    else
        record->waits->prev = wait->prev;
    if (wait == record->waits)
        record->waits = wait->next;
    else
        wait->prev->next = wait->next;
}

/* ---- awaits ---------------------------------------------------------------------------------- */

static bool cancelled(const struct flux_flow *flow)
{
    return fluxi_births_stopping(flow) || (flow->idle && atomic_load(&fluxi_stopping));
}

static bool ready_now(int fd, enum flux_ready events)
{
    struct pollfd poll = {.fd = fd, .events = events & FLUX_READABLE ? POLLIN : POLLOUT};
    return REAL(poll)(&poll, 1, 0) > 0;
}

/* 0: the flow is parked, -1: it need not wait; else an error. */
static int await_begin(struct loop *loop, struct flux_flow *flow, int64_t limit)
{
    if (flow->fd < 0)
        return EBADF;
    if (cancelled(flow))
        return ECANCELED;
    struct record *record = record_get(loop, flow->fd);
    if (!record)
        return ENOMEM;
    int error = arm(loop, flow->fd, record, flow->events & FLUX_READABLE ? EPOLLIN : EPOLLOUT);
    if (error == EPERM)
        return -1;
    if (error)
        return error;
    if (limit == 0)
        return ready_now(flow->fd, flow->events) ? -1 : ETIMEDOUT;
    if (limit > 0 && !fluxi_limit_begin(loop, flow, limit))
        return ENOMEM;
    if (record->flows) {
        flow->prev = record->flows->prev;
        flow->prev->next = flow;
    } else {
        record->flows = flow;
    }
    flow->next = NULL;
    record->flows->prev = flow;
    return 0;
}

bool flux_await(struct flux_flow *flow, int fd, enum flux_ready events, int64_t limit, bool idle,
                uint32_t at)
{
    flow->fd = fd;
    flow->events = (uint8_t)events;
    flow->idle = idle;
    flow->at = at;
    flow->deadline = 0;
    fluxi_order_seen(flow, at);
    int error = await_begin(fluxi_loop, flow, limit);
    flow->error = error > 0 ? error : 0;
    return error != 0;
}

void fluxi_await_end(struct loop *loop, struct flux_flow *flow, int error)
{
    struct record *record = fluxi_record_find(loop, flow->fd);
    if (flow->next)
        flow->next->prev = flow->prev;
    else
        record->flows->prev = flow->prev;
    if (flow == record->flows)
        record->flows = flow->next;
    else
        flow->prev->next = flow->next;
    fluxi_limit_end(flow);
    flow->error = error;
    if (fluxi_profile_there())
        fluxi_profile_woken(flow);
    fluxi_loop_ready(loop, flow);
}

/* ---- closing and stopping -------------------------------------------------------------------- */

void fluxi_awaits_cancel(struct loop *loop)
{
    for (unsigned i = 0; i < loop->records.size; i++) {
        for (struct flux_flow *flow = loop->records.entries[i].flows, *next; flow; flow = next) {
            next = flow->next;
            if (cancelled(flow))
                fluxi_await_end(loop, flow, ECANCELED);
        }
    }
}

void fluxi_records_sweep(struct loop *loop)
{
    struct records *records = &loop->records;
    unsigned i = 0;
    while (i < records->size) {
        struct record *record = &records->entries[i];
        unsigned size = records->size;
        if (record->fd < 0 || record_current(loop, record->fd)) {
            i++;
        } else {
            record_drop(loop, record); /* another may have moved to its place, or all anywhere */
            i = records->size == size ? i : 0;
        }
    }
}

/* This loop's part in the closing of a number. */
static void leave_own(struct loop *loop, int fd)
{
    struct record *record = fluxi_record_find(loop, fd);
    if (!record)
        return;
    if (record->armed)
        epoll_ctl(loop->poller, EPOLL_CTL_DEL, fd, NULL);
    record_drop(loop, record);
}

/* Takes the number out of the loops that may know it. */
static void leave_loops(int fd, unsigned long known)
{
    for (unsigned i = 0; i < fluxi_loop_count; i++) {
        struct loop *loop = &fluxi_loops[i];
        if (loop == fluxi_loop)
            leave_own(loop, fd);
        else if (known >> i % 64 & 1)
            epoll_ctl(loop->poller, EPOLL_CTL_DEL, fd, NULL);
    }
}

static void notify_loops(int fd, unsigned long known)
{
    (void)fd;
    for (unsigned i = 0; i < fluxi_loop_count; i++)
        if (&fluxi_loops[i] != fluxi_loop && (known >> i % 64 & 1))
            fluxi_loop_notify(&fluxi_loops[i], FLUXI_CLOSED);
}

/* The loops of a loop's own thread cannot go away meanwhile. */
static void with_loops(void (*what)(int fd, unsigned long known), int fd, unsigned long known)
{
    if (known == 0)
        return;
    if (!fluxi_loop)
        pthread_mutex_lock(&fluxi_loops_lock);
    what(fd, known);
    if (!fluxi_loop)
        pthread_mutex_unlock(&fluxi_loops_lock);
}

unsigned long fluxi_descriptor_leave(int fd)
{
    struct descriptor *descriptor = descriptor_find(fd);
    if (!descriptor)
        return 0;
    int error = errno;
    atomic_store_explicit(&descriptor->lent, false, memory_order_relaxed);
    while (atomic_fetch_or(&descriptor->generation, 1) % 2 == 1)
        sched_yield(); /* another thread is closing the same number */
    while (atomic_load(&descriptor->changing))
        sched_yield();
    unsigned long known = atomic_load(&descriptor->loops);
    if (known != 0)
        atomic_store(&descriptor->loops, 0);
    with_loops(leave_loops, fd, known);
    errno = error;
    return known;
}

void fluxi_descriptor_left(int fd, unsigned long known)
{
    struct descriptor *descriptor = descriptor_find(fd);
    if (!descriptor || atomic_load(&descriptor->generation) % 2 == 0)
        return;
    int error = errno;
    atomic_fetch_add(&descriptor->generation, 1);
    with_loops(notify_loops, fd, known);
    errno = error;
}

void fluxi_descriptor_forget(int fd)
{
    fluxi_descriptor_left(fd, fluxi_descriptor_leave(fd));
}

/* ---- what calls remember of a descriptor ----------------------------------------------------- */

enum fluxi_kind fluxi_descriptor_kind(struct loop *loop, int fd)
{
    const struct record *record = record_current(loop, fd);
    return record ? record->kind : FLUXI_UNKNOWN;
}

void fluxi_descriptor_set_kind(struct loop *loop, int fd, enum fluxi_kind kind)
{
    struct record *record = record_get(loop, fd);
    if (record)
        record->kind = (uint8_t)kind;
}

bool fluxi_descriptor_plain(struct loop *loop, int fd)
{
    const struct record *record = record_current(loop, fd);
    return record && record->settings == atomic_load(&settings_epoch);
}

void fluxi_descriptor_set_plain(struct loop *loop, int fd, uint32_t epoch)
{
    struct record *record = record_get(loop, fd);
    if (record)
        record->settings = epoch;
}

uint32_t fluxi_descriptor_settings(void)
{
    return atomic_load(&settings_epoch);
}

void fluxi_descriptor_settings_changed(void)
{
    if (atomic_fetch_add(&settings_epoch, 1) == UINT32_MAX)
        atomic_store(&settings_epoch, 1);
}

/* watched.c - a watched request, from its beginning to its end.
 *
 * A call is timed on its thread's core and on the wall's clock. Where a carrier leaves a call to
 * come back later, both are stopped; what passes until what it waited for is there is time in which
 * the node was blocked, what passes from then on the loop had other things to do.
 *
 * What the clocks say includes part of what looking at them takes. How much is measured with calls
 * of nothing at the start, and subtracted.
 */
#include "watched.h"

#include "core.h"
#include "profile.h"
#include "ways.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define WATCHES_MOST 4096u
#define SPENT_MOST   40u   /* things that one request spends time on; the rest is `other` */
#define NOISE        2000u /* ns: no switch of threads takes less */
#define TRIALS       64u

struct spent {
    unsigned what;
    uint64_t ns;
};

struct flux_watch {
    uint64_t weight;
    bool idle;    /* the server was asleep when it came */
    bool request; /* its time is a response time */
    bool before;  /* a run of a source: what that is blocked for is what is to come */
    unsigned looks;
    uint64_t began;

    uint64_t wall, cpu;        /* when what is going on began, or went on */
    uint64_t left, woken;      /* its carrier was left; what it waits for is there. 0: no */
    uint64_t on_core, blocked; /* of the call so far */
    const void *thread;        /* where `switches` was read, */
    uint64_t run, switches;    /* and in which run: how often it had given its core away */

    uint64_t way_cpu, way_blocked, way_waited; /* since the last way ended */
    unsigned spent_count;
    struct spent spent[SPENT_MOST];
};

/* Of the calling thread. */
_Thread_local _Atomic(const struct flux_place *) flux_calling;

static _Thread_local struct {
    uint64_t random;
    uint64_t run; /* how often it has resumed a flow */
} own;

static _Atomic(struct fluxi_place_times *) *places;
static _Atomic(struct fluxi_class *) *classes;
static struct fluxi_constraint_times *constraints;
static atomic_uint alive;
static atomic_ullong watched, not_watched;

/* What an empty call is said to take, and what each look takes of the core. */
static uint64_t bias_cpu, bias_wall, look_cost;

/* ---- clocks ---------------------------------------------------------------------------------- */

static uint64_t core_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* How often the thread has waited for something. */
static uint64_t switches_now(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_nvcsw : 0;
}

static uint64_t less(uint64_t value, uint64_t part)
{
    return value > part ? value - part : 0;
}

static void clocks_begin(struct flux_watch *watch)
{
    if (watch->thread != &own || watch->run != own.run) {
        watch->thread = &own;
        watch->run = own.run;
        watch->switches = switches_now();
        watch->looks++;
    }
    watch->looks++;
    watch->wall = flux_now();
    watch->cpu = core_now();
}

/* Returns when it was, by the wall. */
static uint64_t clocks_end(struct flux_watch *watch)
{
    uint64_t cpu = core_now(), wall = flux_now(), now = wall;
    watch->looks++;
    cpu = less(cpu - watch->cpu, bias_cpu);
    wall = less(wall - watch->wall, bias_wall);
    watch->on_core += cpu;
    if (wall <= cpu + NOISE)
        return now;
    /* It was off its core. Was it for want of something, or did the kernel take it away? */
    uint64_t switches = switches_now();
    watch->looks++;
    if (switches != watch->switches)
        watch->blocked += wall - cpu;
    watch->switches = switches;
    return now;
}

/* ---- beginning ------------------------------------------------------------------------------- */

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
static uint32_t draw(void)
{
    uint64_t x = own.random;
    if (x == 0)
        x = (flux_now() ^ (uint64_t)(uintptr_t)&own) | 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    own.random = x;
    return (uint32_t)((x * UINT64_C(2685821657736338717)) >> 32);
}

/* Returns its weight; 0: it is not watched. */
static uint64_t begin(struct flux_flow *flow, bool request, bool before)
{
    uint32_t number = draw();
    uint64_t bound = atomic_load_explicit(&fluxi_pace, memory_order_relaxed);
    bool chosen = number < bound, look = chosen || number % 16 == 0;
    bool idle = look && fluxi_found_asleep();
    fluxi_found();
    if (idle && number % 16 == 0)
        fluxi_pace_spent(0);
    if (!chosen)
        return 0;
    struct flux_watch *watch = NULL;
    if (atomic_fetch_add_explicit(&alive, 1, memory_order_relaxed) < WATCHES_MOST)
        watch = malloc(sizeof *watch);
    if (watch == NULL) {
        atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&not_watched, 1, memory_order_relaxed);
        return 0;
    }
    /* All but `spent`, which is as long as spent_count says. */
    memset(watch, 0, offsetof(struct flux_watch, spent));
    watch->weight = ((UINT64_C(1) << 32) + bound / 2) / bound;
    watch->idle = idle;
    watch->request = request;
    watch->before = before;
    watch->began = flux_now();
    flux_profiled(flow)->watch = watch;
    return watch->weight;
}

void flux_watch_source(struct flux_flow *flow)
{
    begin(flow, false, true);
}

void flux_watch_flow(struct flux_flow *flow)
{
    unsigned source = (unsigned)(flow->source - flux_program.sources);
    bool idles = flux_program.profile->sources[source].idles;
    uint64_t weight = begin(flow, !idles, false);
    fluxi_arrives(source, FLUXI_FLOWS, weight);
    if (!idles)
        fluxi_arrives(source, FLUXI_REQUESTS, weight);
}

void flux_watch_request(struct flux_flow *flow)
{
    if (flow->error == 0)
        fluxi_arrives((unsigned)(flow->source - flux_program.sources), FLUXI_REQUESTS,
                      begin(flow, true, false));
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void spend(struct flux_watch *watch, unsigned what, uint64_t ns)
{
    unsigned i = 0;
    while (i < watch->spent_count && watch->spent[i].what != what)
        i++;
    if (i == SPENT_MOST)
        return;
    if (i == watch->spent_count)
        watch->spent[watch->spent_count++] = (struct spent){what, 0};
    watch->spent[i].ns += ns;
}

struct fluxi_place_times *fluxi_place_times(unsigned place)
{
    return atomic_load_explicit(&places[place], memory_order_acquire);
}

static struct fluxi_place_times *place_at(unsigned place)
{
    struct fluxi_place_times *times = fluxi_place_times(place), *none = NULL;
    if (times != NULL)
        return times;
    times = calloc(1, sizeof *times);
    if (times != NULL && !atomic_compare_exchange_strong(&places[place], &none, times)) {
        free(times);
        times = none;
    }
    return times;
}

static unsigned node_at(unsigned place)
{
    return (unsigned)(flux_program.profile->places[place].node - flux_program.profile->nodes);
}

void flux_watch_call(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    watch->on_core = watch->blocked = 0;
    clocks_begin(watch);
}

void flux_watch_return(struct flux_flow *flow, uint32_t place)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    clocks_end(watch);
    struct fluxi_place_times *times = place_at(place);
    if (times != NULL) {
        fluxi_times_add(&times->cpu[watch->idle], watch->on_core, watch->weight);
        fluxi_times_add(&times->blocked[watch->idle], watch->blocked, watch->weight);
    }
    watch->way_cpu += watch->on_core;
    *(watch->before ? &watch->way_waited : &watch->way_blocked) += watch->blocked;
    spend(watch, node_at(place), watch->on_core + watch->blocked);
}

void flux_watch_await(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    watch->woken = 0;
    watch->wall = flux_now();
}

void flux_watch_awaited(struct flux_flow *flow, uint32_t place)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    uint64_t end = watch->woken != 0 ? watch->woken : flux_now();
    uint64_t waited = less(end, watch->wall);
    struct fluxi_place_times *times = place_at(place);
    if (times != NULL)
        fluxi_times_add(&times->await, waited, watch->weight);
    watch->woken = 0;
    watch->thread = NULL; /* it may have waited on its thread */
    watch->way_waited += waited;
    spend(watch, fluxi_spent_await(node_at(place)), waited);
}

/* ---- of carriers and queues ------------------------------------------------------------------ */

void fluxi_profile_left(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    if (watch == NULL)
        return;
    watch->left = clocks_end(watch);
    watch->woken = 0;
}

void fluxi_profile_woken(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    if (watch != NULL && watch->woken == 0)
        watch->woken = flux_now();
}

void fluxi_profile_back(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    if (watch == NULL)
        return;
    uint64_t end = watch->woken != 0 ? watch->woken : flux_now();
    watch->blocked += less(end, watch->left);
    watch->woken = watch->left = 0;
    watch->thread = NULL;
    clocks_begin(watch);
}

static atomic_ullong helped;

void fluxi_profile_helped(void)
{
    atomic_fetch_add_explicit(&helped, 1, memory_order_relaxed);
}

uint64_t fluxi_times_helped(void)
{
    return atomic_load_explicit(&helped, memory_order_relaxed);
}

void fluxi_profile_resumes(void)
{
    own.run++;
    fluxi_thread_runs();
}

/* ---- constraints ----------------------------------------------------------------------------- */

unsigned fluxi_constraint_count(void)
{
    return flux_program.session_constraint_count + flux_program.constraint_count;
}

const char *fluxi_constraint_name(unsigned rank)
{
    unsigned sessions = flux_program.session_constraint_count;
    return rank < sessions ? flux_program.session_constraints[rank]
                           : flux_program.constraints[rank - sessions]->name;
}

struct fluxi_constraint_times *fluxi_constraint_times(unsigned rank)
{
    return &constraints[rank];
}

void fluxi_profile_waits(struct flux_flow *flow)
{
    flux_profiled(flow)->since = flux_now();
}

void fluxi_profile_waited(struct flux_flow *flow, unsigned rank)
{
    struct flux_profiled *profiled = flux_profiled(flow);
    uint64_t waited = less(flux_now(), profiled->since);
    struct fluxi_constraint_times *times = &constraints[rank];
    atomic_fetch_add_explicit(&times->waits, 1, memory_order_relaxed);
    fluxi_times_add(&times->waited, waited, 1);
    if (profiled->watch == NULL)
        return;
    profiled->watch->way_waited += waited;
    spend(profiled->watch, fluxi_spent_constraint(rank), waited);
}

/* ---- the end --------------------------------------------------------------------------------- */

unsigned fluxi_spent_await(unsigned node)
{
    return flux_program.profile->node_count + fluxi_constraint_count() + node;
}

unsigned fluxi_spent_other(void)
{
    return 2 * flux_program.profile->node_count + fluxi_constraint_count();
}

struct fluxi_class *fluxi_class(unsigned number)
{
    return atomic_load_explicit(&classes[number], memory_order_acquire);
}

static struct fluxi_class *class_of(uint64_t time)
{
    unsigned number = fluxi_part_of(time, FLUXI_CLASSES);
    struct fluxi_class *class = fluxi_class(number), *none = NULL;
    if (class != NULL)
        return class;
    class = calloc(1, sizeof *class + (fluxi_spent_other() + 1) * sizeof class->spent[0]);
    if (class != NULL && !atomic_compare_exchange_strong(&classes[number], &none, class)) {
        free(class);
        class = none;
    }
    return class;
}

static void add(atomic_ullong *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

/* Sums of all together are what the request took. */
static void classify(const struct flux_watch *watch)
{
    uint64_t time = less(flux_now() - watch->began, watch->looks * look_cost), known = 0;
    for (unsigned i = 0; i < watch->spent_count; i++)
        known += watch->spent[i].ns;
    if (time < known)
        time = known;
    struct fluxi_class *class = class_of(time);
    if (class == NULL)
        return;
    add(&class->count, watch->weight);
    for (unsigned i = 0; i < watch->spent_count; i++)
        add(&class->spent[watch->spent[i].what], watch->spent[i].ns * watch->weight);
    add(&class->spent[fluxi_spent_other()], (time - known) * watch->weight);
}

void fluxi_watch_way(struct flux_flow *flow, struct fluxi_way *way)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    if (way != NULL) {
        add(&way->sampled, watch->weight);
        add(&way->cpu, watch->way_cpu * watch->weight);
        add(&way->blocked, watch->way_blocked * watch->weight);
        add(&way->waited, watch->way_waited * watch->weight);
    }
    watch->way_cpu = watch->way_blocked = watch->way_waited = 0;
}

void flux_watch_end(struct flux_flow *flow)
{
    struct flux_watch *watch = flux_profiled(flow)->watch;
    flux_profiled(flow)->watch = NULL;
    if (watch->request)
        classify(watch);
    atomic_fetch_add_explicit(&watched, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&alive, 1, memory_order_relaxed);
    fluxi_pace_spent((watch->looks + 1) * look_cost);
    free(watch);
}

uint64_t fluxi_watched(void)
{
    return atomic_load_explicit(&watched, memory_order_relaxed);
}

uint64_t fluxi_not_watched(void)
{
    return atomic_load_explicit(&not_watched, memory_order_relaxed);
}

/* ---- start and stop -------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Medians of calls of nothing. */
static void calibrate(void)
{
    uint64_t cpu[TRIALS], wall[TRIALS];
    uint64_t begun = core_now();
    for (unsigned i = 0; i < TRIALS; i++) {
        uint64_t wall_before = flux_now(), cpu_before = core_now();
        cpu[i] = core_now() - cpu_before;
        wall[i] = flux_now() - wall_before;
    }
    look_cost = (core_now() - begun) / (2 * TRIALS);
    qsort(cpu, TRIALS, sizeof cpu[0], ascending);
    qsort(wall, TRIALS, sizeof wall[0], ascending);
    bias_cpu = cpu[TRIALS / 2];
    bias_wall = wall[TRIALS / 2];
}

int fluxi_watched_start(void)
{
    places = calloc(flux_program.profile->place_count + 1u, sizeof *places);
    classes = calloc(FLUXI_CLASS_COUNT, sizeof *classes);
    constraints = calloc(fluxi_constraint_count() + 1u, sizeof *constraints);
    if (places == NULL || classes == NULL || constraints == NULL)
        return ENOMEM;
    calibrate();
    fluxi_pace_start();
    return 0;
}

void fluxi_watched_free(void)
{
    for (unsigned i = 0; places != NULL && i < flux_program.profile->place_count; i++) {
        struct fluxi_place_times *times = fluxi_place_times(i);
        for (unsigned idle = 0; times != NULL && idle < 2; idle++) {
            fluxi_times_free(&times->cpu[idle]);
            fluxi_times_free(&times->blocked[idle]);
        }
        if (times != NULL)
            fluxi_times_free(&times->await);
        free(times);
    }
    for (unsigned i = 0; classes != NULL && i < FLUXI_CLASS_COUNT; i++)
        free(fluxi_class(i));
    for (unsigned i = 0; constraints != NULL && i < fluxi_constraint_count(); i++)
        fluxi_times_free(&constraints[i].waited);
    free(places);
    free(classes);
    free(constraints);
    places = NULL;
    classes = NULL;
    constraints = NULL;
}

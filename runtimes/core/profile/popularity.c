/* popularity.c - how popular sessions are, in bounded memory.
 *
 * The most popular ones are found by Space-Saving (Metwally, Agrawal and El Abbadi, "Efficient
 * Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005): a session that has no
 * counter takes over the one that is lowest, and its count. How many there are follows from the
 * smallest hashes of all ids (k minimum values: Bar-Yossef and others, "Counting Distinct Elements
 * in a Data Stream", RANDOM 2002): were there n, spread evenly, the k-th smallest would be near
 * k/n.
 */
#include "popularity.h"

#include "core.h"
#include "guard.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MOST    FLUXI_POPULAR_MOST
#define BUCKETS (2 * MOST)
#define NONE    UINT32_MAX

struct counter {
    uint64_t session, flows;
    uint32_t next;  /* in its bucket */
    uint32_t place; /* in the heap */
};

struct popularity {
    atomic_uint guard;
    uint64_t flows;
    unsigned count;
    struct counter counters[MOST];
    uint32_t heap[MOST]; /* of counters: the lowest first */
    uint32_t buckets[BUCKETS];
    uint64_t smallest[MOST]; /* hashes, ascending */
    unsigned smallest_count;
};

static struct popularity **all; /* by source; NULL: it has no sessions */

static uint64_t mix(uint64_t x)
{
    /* the finalizer of splitmix64: Steele, Lea and Flood, OOPSLA 2014 */
    x = (x + UINT64_C(0x9E3779B97F4A7C15));
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* ---- how many -------------------------------------------------------------------------------- */

static void see(struct popularity *popularity, uint64_t hash)
{
    unsigned count = popularity->smallest_count, low = 0, high = count;
    if (count == MOST && hash >= popularity->smallest[MOST - 1])
        return;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (popularity->smallest[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && popularity->smallest[low] == hash)
        return;
    if (count < MOST)
        popularity->smallest_count = ++count;
    memmove(&popularity->smallest[low + 1], &popularity->smallest[low],
            (count - 1 - low) * sizeof popularity->smallest[0]);
    popularity->smallest[low] = hash;
}

static uint64_t estimate(const struct popularity *popularity)
{
    if (popularity->smallest_count < MOST)
        return popularity->smallest_count;
    return (uint64_t)((MOST - 1) / ((double)popularity->smallest[MOST - 1] * 0x1p-64));
}

/* ---- the most popular ------------------------------------------------------------------------ */

static void put(struct popularity *popularity, unsigned place, uint32_t counter)
{
    popularity->heap[place] = counter;
    popularity->counters[counter].place = place;
}

/* The counter at that place has grown. */
static void sink(struct popularity *popularity, unsigned place)
{
    uint32_t counter = popularity->heap[place];
    uint64_t flows = popularity->counters[counter].flows;
    for (;;) {
        unsigned child = 2 * place + 1;
        if (child + 1 < popularity->count &&
            popularity->counters[popularity->heap[child + 1]].flows <
                popularity->counters[popularity->heap[child]].flows)
            child++;
        if (child >= popularity->count ||
            popularity->counters[popularity->heap[child]].flows >= flows)
            break;
        put(popularity, place, popularity->heap[child]);
        place = child;
    }
    put(popularity, place, counter);
}

static uint32_t *bucket_of(struct popularity *popularity, uint64_t session)
{
    return &popularity->buckets[mix(session) % BUCKETS];
}

static uint32_t find(struct popularity *popularity, uint64_t session)
{
    uint32_t at = *bucket_of(popularity, session);
    while (at != NONE && popularity->counters[at].session != session)
        at = popularity->counters[at].next;
    return at;
}

static void leave_bucket(struct popularity *popularity, uint32_t counter)
{
    uint32_t *link = bucket_of(popularity, popularity->counters[counter].session);
    while (*link != counter)
        link = &popularity->counters[*link].next;
    *link = popularity->counters[counter].next;
}

/* A counter for a session that has none. */
static uint32_t take_counter(struct popularity *popularity, uint64_t session)
{
    uint32_t counter;
    if (popularity->count < MOST) {
        counter = popularity->count++;
        popularity->counters[counter].flows = 0;
        /* Behind all others it may be too low: it rises to the top, which is where the lowest is.
         */
        unsigned place = counter;
        for (; place > 0; place = (place - 1) / 2)
            put(popularity, place, popularity->heap[(place - 1) / 2]);
        put(popularity, 0, counter);
    } else {
        counter = popularity->heap[0];
        leave_bucket(popularity, counter);
    }
    uint32_t *bucket = bucket_of(popularity, session);
    popularity->counters[counter].session = session;
    popularity->counters[counter].next = *bucket;
    *bucket = counter;
    return counter;
}

void fluxi_popular(unsigned source, uint64_t session)
{
    struct popularity *popularity = all[source];
    if (popularity == NULL)
        return;
    fluxi_guard_lock(&popularity->guard);
    popularity->flows++;
    see(popularity, mix(session));
    uint32_t counter = find(popularity, session);
    if (counter == NONE)
        counter = take_counter(popularity, session);
    popularity->counters[counter].flows++;
    sink(popularity, popularity->counters[counter].place);
    fluxi_guard_unlock(&popularity->guard);
}

static int descending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left > right ? -1 : left < right;
}

unsigned fluxi_popular_most(unsigned source, uint64_t *most, uint64_t *flows, uint64_t *sessions)
{
    struct popularity *popularity = all[source];
    *flows = *sessions = 0;
    if (popularity == NULL)
        return 0;
    fluxi_guard_lock(&popularity->guard);
    unsigned count = popularity->count;
    for (unsigned i = 0; i < count; i++)
        most[i] = popularity->counters[i].flows;
    *flows = popularity->flows;
    *sessions = estimate(popularity);
    fluxi_guard_unlock(&popularity->guard);
    qsort(most, count, sizeof most[0], descending);
    return count;
}

/* ---- Zipf's law ------------------------------------------------------------------------------ */

#define EXACT 1000u

/* The sum of k^-exponent, k from 1 to n; beyond EXACT by an integral. */
static double zipf_sum(uint64_t n, double exponent)
{
    double sum = 0, from = EXACT + 0.5, to = (double)n + 0.5;
    for (uint64_t k = 1; k <= n && k <= EXACT; k++)
        sum += pow((double)k, -exponent);
    if (n <= EXACT)
        return sum;
    if (fabs(exponent - 1) < 1e-6)
        return sum + log(to / from);
    return sum + (pow(to, 1 - exponent) - pow(from, 1 - exponent)) / (1 - exponent);
}

double fluxi_popular_exponent(uint64_t sessions, unsigned count, double share)
{
    double low = 0, high = 4;
    for (unsigned i = 0; i < 30; i++) {
        double middle = (low + high) / 2;
        if (zipf_sum(count, middle) / zipf_sum(sessions, middle) < share)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* ---- start and stop -------------------------------------------------------------------------- */

int fluxi_popular_start(void)
{
    all = calloc(flux_program.source_count + 1u, sizeof *all);
    for (unsigned i = 0; all != NULL && i < flux_program.source_count; i++) {
        if (!flux_program.sources[i].sessions)
            continue;
        all[i] = calloc(1, sizeof *all[i]);
        if (all[i] == NULL)
            return ENOMEM;
        memset(all[i]->buckets, 0xff, sizeof all[i]->buckets);
    }
    return all != NULL ? 0 : ENOMEM;
}

void fluxi_popular_free(void)
{
    for (unsigned i = 0; all != NULL && i < flux_program.source_count; i++)
        free(all[i]);
    free(all);
    all = NULL;
}

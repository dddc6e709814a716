/* session.c - the table of live sessions, in shards that flows of different sessions seldom share.
 *
 * Each shard is a chained hash table under its own guard. It doubles when it holds more sessions
 * than buckets and halves when it holds fewer than an eighth; when there is no memory for that its
 * chains just grow. Ids may come from outside (an address, a cookie), so they are mixed with a
 * number that outsiders cannot know. Sessions lie in slabs of their shard, and so leave no memory
 * behind.
 */
#include "session.h"
#include "core.h"
#include "guard.h"
#include "slab.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define SHARDS      64u
#define BUCKETS_MIN 16u

static struct shard {
    atomic_uint guard;
    size_t sessions, buckets; /* buckets: 0 or a power of two */
    struct flux_session **bucket;
    struct fluxi_slabs slabs;
} shards[SHARDS];

static atomic_ullong seed; /* 0: not chosen yet */

static uint64_t secret(void)
{
    unsigned long long known = atomic_load_explicit(&seed, memory_order_relaxed);
    if (known != 0)
        return known;
    uint64_t fresh = 0;
    if (getrandom(&fresh, sizeof fresh, GRND_NONBLOCK) != (ssize_t)sizeof fresh)
        fresh = flux_now();
    fresh |= 1;
    return atomic_compare_exchange_strong(&seed, &known, fresh) ? fresh : known;
}

/* The finalizer of MurmurHash3: every bit of the id moves every bit of the result. */
static uint64_t mix(uint64_t id)
{
    id ^= secret();
    id ^= id >> 33;
    id *= UINT64_C(0xff51afd7ed558ccd);
    id ^= id >> 33;
    id *= UINT64_C(0xc4ceb9fe1a85ec53);
    return id ^ id >> 33;
}

/* The low bits of the hash choose the shard, the others the bucket. */
static struct flux_session **bucket_of(const struct shard *shard, uint64_t hash)
{
    return &shard->bucket[hash / SHARDS & (shard->buckets - 1)];
}

static bool resize(struct shard *shard, size_t buckets)
{
    struct shard old = {.bucket = shard->bucket, .buckets = shard->buckets};
    struct flux_session **bucket = calloc(buckets, sizeof *bucket);
    if (bucket == NULL)
        return false;
    shard->bucket = bucket;
    shard->buckets = buckets;
    for (size_t i = 0; i < old.buckets; i++) {
        for (struct flux_session *session = old.bucket[i], *next; session != NULL; session = next) {
            struct flux_session **to = bucket_of(shard, mix(session->id));
            next = session->next;
            session->next = *to;
            *to = session;
        }
    }
    free(old.bucket);
    return true;
}

static size_t session_size(void)
{
    return sizeof(struct flux_session) +
           flux_program.session_constraint_count * sizeof(struct flux_constraint);
}

static struct flux_session *session_new(struct shard *shard, uint64_t id)
{
    unsigned count = flux_program.session_constraint_count;
    struct flux_session *session = fluxi_slab_get(&shard->slabs, session_size());
    if (session == NULL)
        return NULL;
    memset(session, 0, session_size());
    session->id = id;
    for (unsigned i = 0; i < count; i++) {
        session->constraints[i].name = flux_program.session_constraints[i];
        session->constraints[i].rank = i; /* session scope comes first (R29) */
    }
    return session;
}

/* Finds the session, or makes it; NULL: no memory. Under the shard's guard. */
static struct flux_session *find(struct shard *shard, uint64_t id, uint64_t hash)
{
    if (shard->sessions >= shard->buckets) {
        size_t more = shard->buckets == 0 ? BUCKETS_MIN : shard->buckets * 2;
        if (!resize(shard, more) && shard->buckets == 0)
            return NULL;
    }
    struct flux_session **bucket = bucket_of(shard, hash);
    for (struct flux_session *session = *bucket; session != NULL; session = session->next) {
        if (session->id == id)
            return session;
    }
    struct flux_session *session = session_new(shard, id);
    if (session != NULL) {
        session->next = *bucket;
        *bucket = session;
        shard->sessions++;
    }
    return session;
}

int flux_session_join(struct flux_flow *flow)
{
    if (fluxi_profile_there())
        fluxi_profile_joins(flow);
    if (flux_program.session_constraint_count == 0)
        return 0;
    uint64_t hash = mix(flow->session_id);
    struct shard *shard = &shards[hash % SHARDS];
    fluxi_guard_lock(&shard->guard);
    flow->session = find(shard, flow->session_id, hash);
    if (flow->session != NULL)
        flow->session->flows++;
    fluxi_guard_unlock(&shard->guard);
    return flow->session != NULL ? 0 : ENOMEM;
}

void fluxi_session_leave(struct flux_flow *flow)
{
    struct flux_session *session = flow->session;
    if (session == NULL)
        return;
    flow->session = NULL;
    uint64_t hash = mix(session->id);
    struct shard *shard = &shards[hash % SHARDS];
    fluxi_guard_lock(&shard->guard);
    if (--session->flows == 0) {
        struct flux_session **link = bucket_of(shard, hash);
        while (*link != session)
            link = &(*link)->next;
        *link = session->next;
        shard->sessions--;
        if (shard->buckets > BUCKETS_MIN && shard->sessions < shard->buckets / 8)
            resize(shard, shard->buckets / 2);
        fluxi_slab_put(&shard->slabs, session, session_size());
    }
    fluxi_guard_unlock(&shard->guard);
}

void fluxi_sessions_free(void)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        free(shards[i].bucket);
        fluxi_slabs_free(&shards[i].slabs);
        shards[i] = (struct shard){.bucket = NULL};
    }
}

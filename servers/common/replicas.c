#include "replicas.h"

#include "address.h"
#include "flux.h"
#include "strategy.h"

#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096
/* An observation counts for less by a factor of e after so long. */
#define DECAY 10e9

struct replicas {
    struct replicas_options options;
    struct replica **items;
    struct replica **choice; /* room for as many */
    size_t count, room;
    uint64_t turn, random;
    uint32_t last_number;
};

struct replicas *replicas_new(const struct replicas_options *options)
{
    struct replicas *replicas = calloc(1, sizeof *replicas);
    if (replicas == NULL)
        return NULL;
    replicas->options = *options;
    replicas->random = flux_now();
    return replicas;
}

void replicas_free(struct replicas *replicas)
{
    if (replicas == NULL)
        return;
    for (size_t i = 0; i < replicas->count; i++)
        free(replicas->items[i]);
    free(replicas->items);
    free(replicas->choice);
    free(replicas);
}

/* ---- which there are ------------------------------------------------------------------------- */

static struct replica *find(const struct replicas *replicas, const char *name)
{
    for (size_t i = 0; i < replicas->count; i++)
        if (strcmp(replicas->items[i]->name, name) == 0)
            return replicas->items[i];
    return NULL;
}

static int look_up(struct replica *replica, const char *name, bool numeric)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | (numeric ? AI_NUMERICHOST : 0)};
    struct addrinfo *found = NULL;
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    int error = address_split(name, host, port);
    if (error != 0 || host[0] == '\0' || strlen(name) >= sizeof replica->name)
        return EINVAL;
    if (strtoul(port, NULL, 10) == 0)
        return EINVAL;
    int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0)
        return problem == EAI_MEMORY ? ENOMEM : problem == EAI_NONAME ? EINVAL : EADDRNOTAVAIL;
    memcpy(&replica->address, found->ai_addr, found->ai_addrlen);
    replica->address_length = found->ai_addrlen;
    freeaddrinfo(found);
    strcpy(replica->name, name);
    replica->hash = strategy_hash(0, name, strlen(name));
    return 0;
}

static int grow(struct replicas *replicas)
{
    if (replicas->count < replicas->room)
        return 0;
    if (replicas->room == MOST)
        return ENOSPC;
    size_t room = replicas->room > 0 ? 2 * replicas->room : 16;
    struct replica **items = realloc(replicas->items, room * sizeof *items);
    if (items != NULL)
        replicas->items = items;
    struct replica **choice =
        items != NULL ? realloc(replicas->choice, room * sizeof *choice) : NULL;
    if (choice == NULL)
        return ENOMEM;
    replicas->choice = choice;
    replicas->room = room;
    return 0;
}

int replicas_add(struct replicas *replicas, const char *name, bool numeric)
{
    struct replica *replica = find(replicas, name);
    if (replica != NULL) {
        bool there = !replica->draining;
        replica->draining = replica->removed = false;
        return there ? EEXIST : 0;
    }
    int error = grow(replicas);
    if (error != 0)
        return error;
    replica = calloc(1, sizeof *replica);
    if (replica == NULL)
        return ENOMEM;
    error = look_up(replica, name, numeric);
    if (error != 0) {
        free(replica);
        return error;
    }
    replica->number = ++replicas->last_number;
    replicas->items[replicas->count++] = replica;
    return 0;
}

int replicas_drain(struct replicas *replicas, const char *name)
{
    struct replica *replica = find(replicas, name);
    if (replica == NULL)
        return ENOENT;
    replica->draining = true;
    return 0;
}

/* One that is removed goes with the last that has to do with it. */
static void let_go(struct replicas *replicas, struct replica *replica)
{
    if (!replica->removed || replica->references > 0)
        return;
    size_t i = 0;
    while (replicas->items[i] != replica)
        i++;
    replicas->count--;
    memmove(&replicas->items[i], &replicas->items[i + 1],
            (replicas->count - i) * sizeof(struct replica *));
    free(replica);
}

int replicas_remove(struct replicas *replicas, const char *name)
{
    struct replica *replica = find(replicas, name);
    if (replica == NULL)
        return ENOENT;
    replica->draining = replica->removed = true;
    let_go(replicas, replica);
    return 0;
}

size_t replicas_count(const struct replicas *replicas)
{
    return replicas->count;
}

struct replica *replicas_at(const struct replicas *replicas, size_t index)
{
    return replicas->items[index];
}

/* ---- taking and giving ----------------------------------------------------------------------- */

static bool is_up(const struct replica *replica, uint64_t now)
{
    return !replica->down || now >= replica->retry_at;
}

static bool has_room(const struct replicas *replicas, const struct replica *replica)
{
    return replicas->options.maxconn == 0 || replica->connections < replicas->options.maxconn;
}

/* Collects those that could be taken; `*full` of them, not among these, have no room. */
static size_t collect(const struct replicas *replicas, uint64_t now, bool also_down,
                      const struct replica *avoid, size_t *full)
{
    size_t count = 0;
    *full = 0;
    for (size_t i = 0; i < replicas->count; i++) {
        struct replica *replica = replicas->items[i];
        if (replica->draining || replica == avoid || (!also_down && !is_up(replica, now)))
            continue;
        if (has_room(replicas, replica))
            replicas->choice[count++] = replica;
        else
            ++*full;
    }
    return count;
}

/* From the best candidates to those of the last resort. */
static size_t candidates(const struct replicas *replicas, uint64_t now, const struct replica *avoid,
                         size_t *full)
{
    size_t count = collect(replicas, now, false, avoid, full);
    if (count == 0 && *full == 0)
        count = collect(replicas, now, true, avoid, full);
    if (count == 0 && *full == 0 && avoid != NULL)
        count = collect(replicas, now, true, NULL, full);
    return count;
}

int replicas_take(struct replicas *replicas, const struct peer *client, const struct replica *avoid,
                  struct replica **taken)
{
    uint64_t now = flux_now();
    size_t full;
    struct choice choice = {.of = replicas->choice,
                            .count = candidates(replicas, now, avoid, &full),
                            .client = client,
                            .now = now,
                            .random = &replicas->random};
    if (choice.count == 0)
        return full > 0 ? EBUSY : EHOSTUNREACH;
    choice.turn = replicas->turn++;
    struct replica *replica = choice.of[replicas->options.strategy->pick(&choice)];
    if (replica->down) /* the others wait how this one fares */
        replica->retry_at = now + replicas->options.retry;
    replica->connections++;
    replica->references++;
    *taken = replica;
    return 0;
}

bool replicas_have_room(const struct replicas *replicas)
{
    size_t full;
    return candidates(replicas, flux_now(), NULL, &full) > 0;
}

void replicas_give(struct replicas *replicas, struct replica *replica)
{
    replica->connections--;
    replica->references--;
    let_go(replicas, replica);
}

/* ---- how they are doing ---------------------------------------------------------------------- */

static bool count_failure(const struct replicas *replicas, struct replica *replica,
                          atomic_uint *in_a_row)
{
    atomic_fetch_add_explicit(&replica->failed, 1, memory_order_relaxed);
    if (atomic_fetch_add(in_a_row, 1) + 1 < replicas->options.failures)
        return false;
    replica->retry_at = flux_now() + replicas->options.retry;
    return !atomic_exchange(&replica->down, true);
}

bool replicas_failed(struct replicas *replicas, struct replica *replica)
{
    return count_failure(replicas, replica, &replica->failures);
}

bool replicas_reset(struct replicas *replicas, struct replica *replica)
{
    return count_failure(replicas, replica, &replica->resets);
}

bool replicas_reached(struct replicas *replicas, struct replica *replica)
{
    (void)replicas;
    atomic_store(&replica->failures, 0);
    return atomic_exchange(&replica->down, false);
}

struct replica *replicas_due(struct replicas *replicas, uint64_t interval)
{
    uint64_t now = flux_now();
    for (size_t i = 0; i < replicas->count; i++) {
        struct replica *replica = replicas->items[i];
        if (replica->removed || (replica->probed_at != 0 && now - replica->probed_at < interval))
            continue;
        replica->probed_at = now;
        replica->references++;
        return replica;
    }
    return NULL;
}

void replicas_probed(struct replicas *replicas, struct replica *replica)
{
    replica->references--;
    let_go(replicas, replica);
}

/* ---- requests -------------------------------------------------------------------------------- */

void replica_asked(struct replica *replica)
{
    atomic_fetch_add_explicit(&replica->unfinished, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&replica->requests, 1, memory_order_relaxed);
}

void replica_forsaken(struct replica *replica)
{
    atomic_fetch_sub_explicit(&replica->unfinished, 1, memory_order_relaxed);
}

uint64_t replica_latency(const struct replica *replica, uint64_t now)
{
    uint64_t latency = atomic_load_explicit(&replica->latency, memory_order_relaxed);
    uint64_t at = atomic_load_explicit(&replica->latency_at, memory_order_relaxed);
    if (latency == 0 || now <= at)
        return latency;
    return (uint64_t)((double)latency * exp(-(double)(now - at) / DECAY)) + 1;
}

/* A peak counts at once, and fades; what is below the average pulls it down slowly. Of two answers
 * at the same time on two threads one may be lost: an estimate stays one. */
void replica_answered(struct replica *replica, uint64_t latency)
{
    uint64_t now = flux_now();
    if (atomic_load_explicit(&replica->resets, memory_order_relaxed) != 0)
        atomic_store(&replica->resets, 0);
    uint64_t at = atomic_load_explicit(&replica->latency_at, memory_order_relaxed);
    uint64_t average = atomic_load_explicit(&replica->latency, memory_order_relaxed);
    if (latency >= average) {
        average = latency;
    } else {
        double weight = now > at ? exp(-(double)(now - at) / DECAY) : 1;
        average = (uint64_t)((double)average * weight + (double)latency * (1 - weight));
    }
    atomic_store_explicit(&replica->latency, average > 0 ? average : 1, memory_order_relaxed);
    atomic_store_explicit(&replica->latency_at, now, memory_order_relaxed);
    atomic_fetch_sub_explicit(&replica->unfinished, 1, memory_order_relaxed);
}

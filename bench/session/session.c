/* session.c WHAT OPERATIONS ALIVE - drives the table of sessions directly, as the runtimes do when
 * a flow begins and ends, or the peer: a hash table of uthash under a mutex.
 *
 * WHAT is find or come (ours), peer-find or peer-come. find: a member joins a session that is
 * alive, and leaves; come: a session is made and goes. Prints nanoseconds of CPU time for each
 * operation, microseconds of the longest join while the table grew, and the bytes by which resident
 * memory has grown when all have gone.
 */
#include "core.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <uthash.h>

static const char *const names[] = {"basket"};
const struct flux_program flux_program = {
    .name = "session", .session_constraints = names, .session_constraint_count = 1};

void fluxi_runtime_ready(struct flux_flow *flow)
{
    (void)flow;
}

/* ---- the peer -------------------------------------------------------------------------------- */

struct entry {
    uint64_t id, members;
    struct flux_constraint constraint;
    UT_hash_handle hh;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static void peer_join(struct flux_flow *flow)
{
    struct entry *entry;
    pthread_mutex_lock(&lock);
    HASH_FIND(hh, entries, &flow->session_id, sizeof flow->session_id, entry);
    if (entry == NULL) {
        entry = calloc(1, sizeof *entry);
        if (entry == NULL)
            exit(EXIT_FAILURE);
        entry->id = flow->session_id;
        HASH_ADD(hh, entries, id, sizeof entry->id, entry);
    }
    entry->members++;
    pthread_mutex_unlock(&lock);
    flow->home = entry;
}

static void peer_leave(struct flux_flow *flow)
{
    struct entry *entry = flow->home;
    pthread_mutex_lock(&lock);
    if (--entry->members == 0) {
        HASH_DEL(entries, entry);
        free(entry);
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the measurement ------------------------------------------------------------------------- */

static void join(struct flux_flow *flow)
{
    if (flux_session_join(flow) != 0)
        exit(EXIT_FAILURE);
}

static size_t resident(void)
{
    unsigned long size, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%lu %lu", &size, &pages) != 2)
        exit(EXIT_FAILURE);
    fclose(file);
    return pages * 4096;
}

static uint64_t cpu(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Ids that come in no order: multiplied with an odd number, they stay distinct. */
static uint64_t id(uint64_t number)
{
    return number * UINT64_C(0x9e3779b97f4a7c15);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return EXIT_FAILURE;
    bool ours = strncmp(argv[1], "peer-", 5) != 0, find = strstr(argv[1], "find") != NULL;
    uint64_t operations = strtoull(argv[2], NULL, 10), alive = strtoull(argv[3], NULL, 10);
    void (*come)(struct flux_flow *) = ours ? join : peer_join;
    void (*go)(struct flux_flow *) = ours ? fluxi_session_leave : peer_leave;
    size_t size = (size_t)alive * sizeof(struct flux_flow);
    struct flux_flow *flows =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    struct flux_flow flow = {.session_id = id(alive)};
    uint64_t longest = 0;

    if (flows == MAP_FAILED)
        return EXIT_FAILURE;
    come(&flow);
    go(&flow);
    size_t before = resident();
    for (uint64_t i = 0; i < alive; i++) {
        uint64_t begun = cpu();
        flows[i].session_id = id(i);
        come(&flows[i]);
        uint64_t took = cpu() - begun;
        longest = took > longest ? took : longest;
    }
    uint64_t begun = cpu(), at = 0;
    for (uint64_t i = 0; i < operations; i++) {
        at = (at * 8121 + 28411) % alive; /* here and there, not what the cache has */
        flow = (struct flux_flow){.session_id = id(find ? at : alive + i)};
        come(&flow);
        go(&flow);
    }
    uint64_t took = cpu() - begun;
    for (uint64_t i = 0; i < alive; i++)
        go(&flows[i]);
    size_t after = resident();
    printf("%.1f %.1f %ld\n", (double)took / (double)operations, (double)longest / 1e3,
           after > before ? (long)(after - before) : 0);
    return EXIT_SUCCESS;
}

/* ledger.h - what a balancer has done, in an SQLite database: each connection, each request, and
 * for each second, replica and client how many requests, how many bytes and how long they took.
 *
 * What happens is entered in memory, up to a bound, and written in batches, one transaction each,
 * by a flow that may block. Nothing waits for the disk: what there is no room for is counted and
 * left out, and a database that cannot be written is tried again later, from then on. The file is
 * in WAL mode, so others may read it meanwhile. What is older than `keep` is deleted.
 *
 * Without a file the database is in memory, and holds only the sums of each second.
 *
 *      CREATE TABLE connection (ended, replica, client, port, waited, lasted, up, down, requests)
 *      CREATE TABLE request    (began, replica, client, up, down, answered, lasted)
 *      CREATE TABLE second     (time, replica, client, requests, connections, up, down,
 *                               total, longest, latencies)
 *
 * Times are microseconds since 1970, in `second` seconds; spans are microseconds: waited, from
 * accept to when a replica was reached; answered and lasted, from the first bytes of a request to
 * the first and the last of its answer. up is from the client to the replica. latencies is a
 * histogram of `lasted` (histogram.h).
 *
 * ledger_enter, ledger_name and ledger_take are called with one constraint held, ledger_write and
 * ledger_query with another.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "clients.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;
struct ledger_batch;

enum ledger_kind { LEDGER_CONNECTION, LEDGER_REQUEST };

struct ledger_entry {
    enum ledger_kind kind;
    uint32_t replica; /* its number, see ledger_name; 0: none */
    struct peer client;
    uint64_t began, ended; /* by flux_now */
    uint64_t answered;     /* of a request; of a connection, when a replica was reached; 0: never */
    uint64_t up, down;     /* bytes */
    uint64_t requests;     /* of a connection */
};

/* path NULL: in memory. keep: ns. Returns 0 or an error number, with a line logged. */
int ledger_open(struct ledger **opened, const char *path, uint64_t keep);
/* Writes what there is. */
void ledger_close(struct ledger *ledger);

/* What a replica is called. ENOMEM. */
int ledger_name(struct ledger *ledger, uint32_t number, const char *name);

void ledger_enter(struct ledger *ledger, const struct ledger_entry *entry);
/* Entries that there was no room for, or that could not be written. */
uint64_t ledger_lost(const struct ledger *ledger);

/* What has been entered since; NULL: nothing. It is ledger_write's, before the next is taken. */
struct ledger_batch *ledger_take(struct ledger *ledger);
void ledger_write(struct ledger *ledger, struct ledger_batch *batch);

/* Throughput and latency over time as JSON, for the span from `from` to `to` (seconds since 1970)
 * in steps of `step` seconds, by replica or by client: the dozen with most requests.
 *
 *      {"from": 1, "to": 3, "step": 1, "series": [{"name": "10.0.0.1:80", "requests": [2, 0],
 *       "connections": [1, 0], "bytes": [900, 0], "mean": [1200, null], "median": [...],
 *       "p99": [...], "max": [...]}, ...]}
 *
 * requests, connections and bytes are in all of a step; latencies microseconds, null where there
 * was no request. *text is to be freed. EINVAL for a span that is none or has more than 2000 steps,
 * ENOMEM, EIO. */
struct ledger_span {
    int64_t from, to, step;
    bool by_client;
};
int ledger_query(struct ledger *ledger, const struct ledger_span *span, char **text,
                 size_t *length);

#endif

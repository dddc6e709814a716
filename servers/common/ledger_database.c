#include "ledger_database.h"

#include "flux.h"
#include "histogram.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND      UINT64_C(1000000000)
#define MICROSECOND 1000u
/* How often what is old is deleted, at least, and a database that has failed is tried again. */
#define PRUNE_EVERY (10 * SECOND)
#define RETRY_AFTER (5 * SECOND)
#define PRUNE_ROWS  50000
#define MOST_STEPS  2000
#define MOST_SERIES 12

enum statement { BEGIN, COMMIT, ADD_CONNECTION, ADD_REQUEST, ADD_SECOND, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ADD_CONNECTION] = "INSERT INTO connection VALUES (?,?,?,?,?,?,?,?,?)",
    [ADD_REQUEST] = "INSERT INTO request VALUES (?,?,?,?,?,?,?)",
    [ADD_SECOND] = "INSERT INTO second VALUES (?,?,?,?,?,?,?,?,?,?)"
                   " ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,"
                   " connections = connections + excluded.connections,"
                   " up = up + excluded.up, down = down + excluded.down,"
                   " total = total + excluded.total, longest = max(longest, excluded.longest),"
                   " latencies = merged(latencies, excluded.latencies)",
};

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS connection (ended INTEGER, replica TEXT, client TEXT, port INTEGER,"
    " waited INTEGER, lasted INTEGER, up INTEGER, down INTEGER, requests INTEGER);"
    "CREATE INDEX IF NOT EXISTS connection_ended ON connection (ended);"
    "CREATE TABLE IF NOT EXISTS request (began INTEGER, replica TEXT, client TEXT, up INTEGER,"
    " down INTEGER, answered INTEGER, lasted INTEGER);"
    "CREATE INDEX IF NOT EXISTS request_began ON request (began);"
    "CREATE TABLE IF NOT EXISTS second (time INTEGER, replica TEXT, client TEXT, requests INTEGER,"
    " connections INTEGER, up INTEGER, down INTEGER, total INTEGER, longest INTEGER,"
    " latencies BLOB, PRIMARY KEY (time, replica, client)) WITHOUT ROWID;";

struct ledger_database {
    char *path; /* NULL: in memory */
    uint64_t keep;
    sqlite3 *handle; /* NULL: it could not be opened the last time */
    sqlite3_stmt *statements[STATEMENTS];
    uint64_t retry_at, prune_at; /* by flux_now */
    struct sums *sums;
    size_t sum_room;
};

/* ---- opening --------------------------------------------------------------------------------- */

/* merged(a, b): the histograms of both, packed. */
static void merged(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct histogram latencies = {0};
    unsigned char packed[HISTOGRAM_PACKED];
    for (int i = 0; i < count; i++) {
        const void *blob = sqlite3_value_blob(values[i]);
        if (!histogram_unpack(&latencies, blob, (size_t)sqlite3_value_bytes(values[i])))
            sqlite3_result_error(context, "not a histogram", -1);
    }
    size_t length = histogram_pack(&latencies, packed);
    sqlite3_result_blob(context, packed, (int)length, SQLITE_TRANSIENT);
}

static void shut(struct ledger_database *database)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(database->statements[i]);
        database->statements[i] = NULL;
    }
    sqlite3_close_v2(database->handle);
    database->handle = NULL;
}

static bool open_handle(struct ledger_database *database)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const char *path = database->path != NULL ? database->path : ":memory:";
    int status = sqlite3_open_v2(path, &database->handle, flags, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_busy_timeout(database->handle, 2000);
    if (status == SQLITE_OK)
        status =
            sqlite3_create_function(database->handle, "merged", 2,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, merged, NULL, NULL);
    if (status == SQLITE_OK)
        status = sqlite3_exec(database->handle, schema, NULL, NULL, NULL);
    for (int i = 0; i < STATEMENTS && status == SQLITE_OK; i++)
        status = sqlite3_prepare_v3(database->handle, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &database->statements[i], NULL);
    return status == SQLITE_OK;
}

/* It is closed, and opened again when some time has passed: the disk may be back by then. */
static void give_up(struct ledger_database *database, enum flux_level level)
{
    flux_log(level, "--db %s: %s", database->path != NULL ? database->path : "(in memory)",
             database->handle != NULL ? sqlite3_errmsg(database->handle) : "no memory");
    shut(database);
    database->retry_at = flux_now() + RETRY_AFTER;
}

int ledger_database_open(struct ledger_database **opened, const char *path, uint64_t keep)
{
    struct ledger_database *database = calloc(1, sizeof *database);
    *opened = NULL;
    if (database == NULL)
        return ENOMEM;
    database->keep = keep;
    if (path != NULL && (database->path = strdup(path)) == NULL) {
        free(database);
        return ENOMEM;
    }
    if (!open_handle(database)) {
        give_up(database, FLUX_ERROR);
        ledger_database_close(database);
        return EIO;
    }
    *opened = database;
    return 0;
}

void ledger_database_close(struct ledger_database *database)
{
    shut(database);
    free(database->sums);
    free(database->path);
    free(database);
}

/* ---- sums of a second ------------------------------------------------------------------------ */

/* Of the rows of a batch that share second, replica and client. */
struct sums {
    int64_t time;
    const char *replica; /* NULL: this one is free */
    struct peer client;
    uint64_t requests, connections, up, down;
    struct histogram latencies;
};

#define SUMS 512 /* at a time; a power of two */

static bool same_client(const struct peer *a, const struct peer *b)
{
    return a->family == b->family && memcmp(a->address, b->address, sizeof a->address) == 0;
}

static bool run(struct ledger_database *database, enum statement which)
{
    sqlite3_stmt *statement = database->statements[which];
    int status = sqlite3_step(statement);
    return sqlite3_reset(statement) == SQLITE_OK && status != SQLITE_ERROR;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_peer(sqlite3_stmt *statement, int at, const struct peer *peer)
{
    char text[PEER_TEXT_SIZE];
    peer_text(peer, text);
    bind_text(statement, at, text);
}

static bool write_sums(struct ledger_database *database, struct sums *sums)
{
    sqlite3_stmt *statement = database->statements[ADD_SECOND];
    unsigned char packed[HISTOGRAM_PACKED];
    size_t length = histogram_pack(&sums->latencies, packed);
    sqlite3_bind_int64(statement, 1, sums->time);
    bind_text(statement, 2, sums->replica);
    bind_peer(statement, 3, &sums->client);
    sqlite3_bind_int64(statement, 4, (int64_t)sums->requests);
    sqlite3_bind_int64(statement, 5, (int64_t)sums->connections);
    sqlite3_bind_int64(statement, 6, (int64_t)sums->up);
    sqlite3_bind_int64(statement, 7, (int64_t)sums->down);
    sqlite3_bind_int64(statement, 8, (int64_t)sums->latencies.sum);
    sqlite3_bind_int64(statement, 9, (int64_t)sums->latencies.most);
    sqlite3_bind_blob(statement, 10, packed, (int)length, SQLITE_TRANSIENT);
    sums->replica = NULL;
    return run(database, ADD_SECOND);
}

static size_t place_of(const char *replica, const struct peer *client, int64_t time)
{
    uint64_t hash = (uint64_t)(uintptr_t)replica ^ (uint64_t)time * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < sizeof client->address; i++)
        hash = (hash ^ client->address[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash >> 20) & (SUMS - 1);
}

/* Two that meet at one place take turns there: what stood there is written, and may be added to
 * later. NULL: that failed. */
static struct sums *sums_of(struct ledger_database *database, const struct ledger_row *row,
                            int64_t time)
{
    struct sums *sums = &database->sums[place_of(row->replica, &row->entry.client, time)];
    if (sums->replica != NULL && sums->time == time && strcmp(sums->replica, row->replica) == 0 &&
        same_client(&sums->client, &row->entry.client))
        return sums;
    if (sums->replica != NULL && !write_sums(database, sums))
        return NULL;
    *sums = (struct sums){.time = time, .replica = row->replica, .client = row->entry.client};
    return sums;
}

static bool write_all_sums(struct ledger_database *database)
{
    for (size_t i = 0; i < SUMS; i++)
        if (database->sums[i].replica != NULL && !write_sums(database, &database->sums[i]))
            return false;
    return true;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* From flux_now to microseconds since 1970. */
static int64_t wall_offset(void)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000 -
           (int64_t)(flux_now() / MICROSECOND);
}

static uint64_t span(uint64_t from, uint64_t to)
{
    return to > from ? (to - from) / MICROSECOND : 0;
}

static bool write_connection(struct ledger_database *database, const struct ledger_row *row,
                             int64_t ended)
{
    const struct ledger_entry *entry = &row->entry;
    sqlite3_stmt *statement = database->statements[ADD_CONNECTION];
    sqlite3_bind_int64(statement, 1, ended);
    bind_text(statement, 2, row->replica);
    bind_peer(statement, 3, &entry->client);
    sqlite3_bind_int(statement, 4, entry->client.port);
    sqlite3_bind_int64(
        statement, 5,
        (int64_t)span(entry->began, entry->answered != 0 ? entry->answered : entry->ended));
    sqlite3_bind_int64(statement, 6, (int64_t)span(entry->began, entry->ended));
    sqlite3_bind_int64(statement, 7, (int64_t)entry->up);
    sqlite3_bind_int64(statement, 8, (int64_t)entry->down);
    sqlite3_bind_int64(statement, 9, (int64_t)entry->requests);
    return run(database, ADD_CONNECTION);
}

static bool write_request(struct ledger_database *database, const struct ledger_row *row,
                          int64_t began)
{
    const struct ledger_entry *entry = &row->entry;
    sqlite3_stmt *statement = database->statements[ADD_REQUEST];
    sqlite3_bind_int64(statement, 1, began);
    bind_text(statement, 2, row->replica);
    bind_peer(statement, 3, &entry->client);
    sqlite3_bind_int64(statement, 4, (int64_t)entry->up);
    sqlite3_bind_int64(statement, 5, (int64_t)entry->down);
    if (entry->answered != 0)
        sqlite3_bind_int64(statement, 6, (int64_t)span(entry->began, entry->answered));
    else
        sqlite3_bind_null(statement, 6);
    sqlite3_bind_int64(statement, 7, (int64_t)span(entry->began, entry->ended));
    return run(database, ADD_REQUEST);
}

static bool write_row(struct ledger_database *database, const struct ledger_row *row,
                      int64_t offset)
{
    const struct ledger_entry *entry = &row->entry;
    bool request = entry->kind == LEDGER_REQUEST, written = true;
    int64_t ended = (int64_t)(entry->ended / MICROSECOND) + offset;
    struct sums *sums = sums_of(database, row, ended / 1000000);
    if (sums == NULL)
        return false;
    if (request) {
        sums->requests++;
        sums->up += entry->up;
        sums->down += entry->down;
        if (entry->answered != 0)
            histogram_add(&sums->latencies, span(entry->began, entry->ended));
    } else {
        sums->connections++;
    }
    if (database->path != NULL)
        written = request
                      ? write_request(database, row, (int64_t)(entry->began / MICROSECOND) + offset)
                      : write_connection(database, row, ended);
    return written;
}

static bool write_rows(struct ledger_database *database, const struct ledger_batch *batch)
{
    int64_t offset = wall_offset();
    if (!run(database, BEGIN))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (!write_row(database, &batch->entries[i], offset))
            return false;
    return write_all_sums(database) && run(database, COMMIT);
}

/* A bounded number of rows at a time, so that the next batch does not wait for long. */
static bool prune(struct ledger_database *database)
{
    char text[512];
    int64_t before = wall_offset() + (int64_t)(flux_now() / MICROSECOND) -
                     (int64_t)(database->keep / MICROSECOND);
    snprintf(text, sizeof text,
             "DELETE FROM connection WHERE rowid IN (SELECT rowid FROM connection WHERE ended < "
             "%lld LIMIT %d);"
             "DELETE FROM request WHERE rowid IN (SELECT rowid FROM request WHERE began < %lld "
             "LIMIT %d);"
             "DELETE FROM second WHERE time < %lld;",
             (long long)before, PRUNE_ROWS, (long long)before, PRUNE_ROWS,
             (long long)(before / 1000000));
    return sqlite3_exec(database->handle, text, NULL, NULL, NULL) == SQLITE_OK;
}

bool ledger_database_write(struct ledger_database *database, const struct ledger_batch *batch)
{
    uint64_t now = flux_now();
    if (database->handle == NULL && (now < database->retry_at || !open_handle(database))) {
        if (now >= database->retry_at)
            give_up(database, FLUX_WARNING);
        return false;
    }
    if (database->sums == NULL)
        database->sums = malloc(SUMS * sizeof *database->sums);
    if (database->sums == NULL)
        return false;
    for (size_t i = 0; i < SUMS; i++)
        database->sums[i].replica = NULL;
    bool written = write_rows(database, batch);
    if (written && now >= database->prune_at) {
        written = prune(database);
        database->prune_at = now + (database->keep < PRUNE_EVERY ? database->keep : PRUNE_EVERY);
    }
    if (!written)
        give_up(database, FLUX_WARNING);
    return written;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What becomes of one replica or client within a step. */
struct series {
    char name[128];
    uint64_t requests, connections, bytes;
    struct histogram latencies;
    FILE *columns[7];
    char *texts[7];
    size_t lengths[7];
};

static const char *const column_names[7] = {"requests", "connections", "bytes", "mean",
                                            "median",   "p99",         "max"};

struct query {
    const struct ledger_span *span;
    sqlite3 *handle;
    struct series *series;
    size_t count;
    int64_t step; /* which is being added up */
};

static int find_names(struct query *query)
{
    static const char *const texts[2] = {
        "SELECT replica, sum(requests) AS n FROM second WHERE time >= ? AND time < ?"
        " GROUP BY replica ORDER BY n DESC, replica LIMIT ?",
        "SELECT client, sum(requests) AS n FROM second WHERE time >= ? AND time < ?"
        " GROUP BY client ORDER BY n DESC, client LIMIT ?",
    };
    sqlite3_stmt *statement = NULL;
    int status =
        sqlite3_prepare_v2(query->handle, texts[query->span->by_client], -1, &statement, NULL);
    if (status == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, query->span->from);
        sqlite3_bind_int64(statement, 2, query->span->to);
        sqlite3_bind_int(statement, 3, MOST_SERIES);
        while ((status = sqlite3_step(statement)) == SQLITE_ROW && query->count < MOST_SERIES) {
            struct series *series = &query->series[query->count++];
            const unsigned char *name = sqlite3_column_text(statement, 0);
            snprintf(series->name, sizeof series->name, "%s",
                     name != NULL ? (const char *)name : "-");
        }
    }
    sqlite3_finalize(statement);
    return status == SQLITE_DONE || status == SQLITE_ROW ? 0 : EIO;
}

static void put_latency(FILE *to, bool there, uint64_t value)
{
    if (there)
        fprintf(to, "%llu", (unsigned long long)value);
    else
        fputs("null", to);
}

static void end_step(struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        struct series *series = &query->series[i];
        const struct histogram *latencies = &series->latencies;
        const uint64_t count = latencies->count;
        if (query->step > 0)
            for (int column = 0; column < 7; column++)
                fputc(',', series->columns[column]);
        fprintf(series->columns[0], "%llu", (unsigned long long)series->requests);
        fprintf(series->columns[1], "%llu", (unsigned long long)series->connections);
        fprintf(series->columns[2], "%llu", (unsigned long long)series->bytes);
        put_latency(series->columns[3], count > 0, count > 0 ? latencies->sum / count : 0);
        put_latency(series->columns[4], count > 0, histogram_at(latencies, 0.5));
        put_latency(series->columns[5], count > 0, histogram_at(latencies, 0.99));
        put_latency(series->columns[6], count > 0, latencies->most);
        series->requests = series->connections = series->bytes = 0;
        if (count > 0)
            series->latencies = (struct histogram){0};
    }
    query->step++;
}

static void add_row(struct query *query, sqlite3_stmt *statement)
{
    int64_t step = (sqlite3_column_int64(statement, 0) - query->span->from) / query->span->step;
    const unsigned char *name = sqlite3_column_text(statement, 1);
    while (query->step < step)
        end_step(query);
    for (size_t i = 0; i < query->count && name != NULL; i++) {
        struct series *series = &query->series[i];
        if (strcmp(series->name, (const char *)name) != 0)
            continue;
        uint64_t longest = (uint64_t)sqlite3_column_int64(statement, 7);
        series->requests += (uint64_t)sqlite3_column_int64(statement, 2);
        series->connections += (uint64_t)sqlite3_column_int64(statement, 3);
        series->bytes += (uint64_t)sqlite3_column_int64(statement, 4) +
                         (uint64_t)sqlite3_column_int64(statement, 5);
        series->latencies.sum += (uint64_t)sqlite3_column_int64(statement, 6);
        if (longest > series->latencies.most)
            series->latencies.most = longest;
        const void *blob = sqlite3_column_blob(statement, 8);
        histogram_unpack(&series->latencies, blob, (size_t)sqlite3_column_bytes(statement, 8));
        return;
    }
}

static int add_rows(struct query *query)
{
    static const char *const texts[2] = {
        "SELECT time, replica, requests, connections, up, down, total, longest, latencies"
        " FROM second WHERE time >= ? AND time < ? ORDER BY time",
        "SELECT time, client, requests, connections, up, down, total, longest, latencies"
        " FROM second WHERE time >= ? AND time < ? ORDER BY time",
    };
    sqlite3_stmt *statement = NULL;
    const struct ledger_span *span = query->span;
    int status = sqlite3_prepare_v2(query->handle, texts[span->by_client], -1, &statement, NULL);
    if (status == SQLITE_OK) {
        sqlite3_bind_int64(statement, 1, span->from);
        sqlite3_bind_int64(statement, 2, span->to);
        while ((status = sqlite3_step(statement)) == SQLITE_ROW)
            add_row(query, statement);
    }
    sqlite3_finalize(statement);
    int64_t steps = (span->to - span->from + span->step - 1) / span->step;
    while (query->step < steps)
        end_step(query);
    return status == SQLITE_DONE ? 0 : EIO;
}

/* Names are those of clients and replicas: addresses. What JSON would have to escape becomes '?'.
 */
static void put_name(FILE *to, const char *name)
{
    for (; *name != '\0'; name++)
        fputc(*name < ' ' || *name == '"' || *name == '\\' || *name > '~' ? '?' : *name, to);
}

static int write_text(const struct query *query, FILE *to)
{
    const struct ledger_span *span = query->span;
    fprintf(to, "{\"from\":%lld,\"to\":%lld,\"step\":%lld,\"series\":[", (long long)span->from,
            (long long)span->to, (long long)span->step);
    for (size_t i = 0; i < query->count; i++) {
        struct series *series = &query->series[i];
        fputs(i > 0 ? ",{\"name\":\"" : "{\"name\":\"", to);
        put_name(to, series->name);
        fputc('"', to);
        for (int column = 0; column < 7; column++) {
            if (fflush(series->columns[column]) != 0)
                return ENOMEM;
            fprintf(to, ",\"%s\":[%s]", column_names[column], series->texts[column]);
        }
        fputc('}', to);
    }
    fputs("]}\n", to);
    return ferror(to) ? ENOMEM : 0;
}

static int open_columns(struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        struct series *series = &query->series[i];
        for (int column = 0; column < 7; column++) {
            series->columns[column] =
                open_memstream(&series->texts[column], &series->lengths[column]);
            if (series->columns[column] == NULL)
                return ENOMEM;
        }
    }
    return 0;
}

static void close_columns(struct query *query)
{
    for (size_t i = 0; i < query->count; i++) {
        for (int column = 0; column < 7; column++) {
            if (query->series[i].columns[column] != NULL)
                fclose(query->series[i].columns[column]);
            free(query->series[i].texts[column]);
        }
    }
    free(query->series);
}

int ledger_database_query(struct ledger_database *database, const struct ledger_span *span,
                          char **text, size_t *length)
{
    if (span->from < 0 || span->to <= span->from || span->step < 1 ||
        (span->to - span->from - 1) / span->step >= MOST_STEPS)
        return EINVAL;
    if (database->handle == NULL)
        return EIO;
    struct query query = {.span = span, .handle = database->handle};
    query.series = calloc(MOST_SERIES, sizeof *query.series);
    if (query.series == NULL)
        return ENOMEM;
    int error = find_names(&query);
    if (error == 0)
        error = open_columns(&query);
    if (error == 0)
        error = add_rows(&query);
    FILE *to = error == 0 ? open_memstream(text, length) : NULL;
    if (error == 0 && to == NULL)
        error = ENOMEM;
    if (error == 0)
        error = write_text(&query, to);
    if (to != NULL && fclose(to) != 0 && error == 0)
        error = ENOMEM;
    if (error != 0 && to != NULL)
        free(*text);
    close_columns(&query);
    return error;
}

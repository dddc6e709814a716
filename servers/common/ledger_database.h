/* ledger_database.h - the database of a ledger: what is written to it, and read from it. For one
 * flow at a time, which may block. */
#ifndef LEDGER_DATABASE_H
#define LEDGER_DATABASE_H

#include "ledger.h"

struct ledger_row {
    struct ledger_entry entry;
    const char *replica; /* its name, which stays */
};

struct ledger_batch {
    struct ledger_row *entries;
    size_t count, room;
};

struct ledger_database;

int ledger_database_open(struct ledger_database **opened, const char *path, uint64_t keep);
void ledger_database_close(struct ledger_database *database);

/* One transaction, and now and then a pruning. False: it could not be written, which is logged. */
bool ledger_database_write(struct ledger_database *database, const struct ledger_batch *batch);

int ledger_database_query(struct ledger_database *database, const struct ledger_span *span,
                          char **text, size_t *length);

#endif

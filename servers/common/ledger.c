#include "ledger.h"

#include "flux.h"
#include "ledger_database.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 65536 /* entries of a batch */

struct ledger {
    struct ledger_database *database;
    struct ledger_batch batches[2], *filling;
    char **names; /* by number */
    size_t name_count;
    atomic_ullong lost;
};

int ledger_open(struct ledger **opened, const char *path, uint64_t keep)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    int error = ledger == NULL ? ENOMEM : 0;
    *opened = NULL;
    if (error == 0)
        error = ledger_database_open(&ledger->database, path, keep);
    if (error != 0) {
        free(ledger);
        return error;
    }
    ledger->filling = &ledger->batches[0];
    *opened = ledger;
    return 0;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    struct ledger_batch *rest = ledger_take(ledger);
    if (rest != NULL)
        ledger_write(ledger, rest);
    ledger_database_close(ledger->database);
    for (size_t i = 0; i < ledger->name_count; i++)
        free(ledger->names[i]);
    free(ledger->names);
    free(ledger->batches[0].entries);
    free(ledger->batches[1].entries);
    free(ledger);
}

/* ---- entering -------------------------------------------------------------------------------- */

int ledger_name(struct ledger *ledger, uint32_t number, const char *name)
{
    if (number >= ledger->name_count) {
        char **names = realloc(ledger->names, (number + 1) * sizeof *names);
        if (names == NULL)
            return ENOMEM;
        while (ledger->name_count <= number)
            names[ledger->name_count++] = NULL;
        ledger->names = names;
    }
    if (ledger->names[number] != NULL)
        return 0;
    ledger->names[number] = strdup(name);
    return ledger->names[number] != NULL ? 0 : ENOMEM;
}

static bool make_room(struct ledger_batch *batch)
{
    if (batch->count < batch->room)
        return true;
    if (batch->room == ROOM)
        return false;
    size_t room = batch->room > 0 ? 2 * batch->room : 256;
    struct ledger_row *entries = realloc(batch->entries, room * sizeof *entries);
    if (entries == NULL)
        return false;
    batch->entries = entries;
    batch->room = room;
    return true;
}

void ledger_enter(struct ledger *ledger, const struct ledger_entry *entry)
{
    struct ledger_batch *batch = ledger->filling;
    if (!make_room(batch)) {
        atomic_fetch_add(&ledger->lost, 1);
        return;
    }
    const char *name = entry->replica < ledger->name_count ? ledger->names[entry->replica] : NULL;
    batch->entries[batch->count++] =
        (struct ledger_row){.entry = *entry, .replica = name != NULL ? name : "-"};
}

uint64_t ledger_lost(const struct ledger *ledger)
{
    return atomic_load(&ledger->lost);
}

struct ledger_batch *ledger_take(struct ledger *ledger)
{
    struct ledger_batch *batch = ledger->filling;
    if (batch->count == 0)
        return NULL;
    ledger->filling = batch == &ledger->batches[0] ? &ledger->batches[1] : &ledger->batches[0];
    ledger->filling->count = 0;
    return batch;
}

void ledger_write(struct ledger *ledger, struct ledger_batch *batch)
{
    if (!ledger_database_write(ledger->database, batch))
        atomic_fetch_add(&ledger->lost, batch->count);
}

int ledger_query(struct ledger *ledger, const struct ledger_span *span, char **text, size_t *length)
{
    return ledger_database_query(ledger->database, span, text, length);
}

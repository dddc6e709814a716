/* rwlock.c MODE THREADS TURNS - turns.flux by hand: threads that call Add ten times a turn, under a
 * pthread_rwlock_t as MODE says: none, read or write. */
#include "turns_flux.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_rwlock_t ledger = PTHREAD_RWLOCK_INITIALIZER;
static int (*lock)(pthread_rwlock_t *);
static uint64_t turns;

static void *turn(void *argument)
{
    Add_in in = {.left = turns, .sum = 0};

    for (; in.left > 0; in.left--) {
        for (int i = 0; i < 10; i++) {
            Add_out out;

            if (lock != NULL)
                lock(&ledger);
            Add(&in, &out);
            if (lock != NULL)
                pthread_rwlock_unlock(&ledger);
            in = (Add_in){.left = out.left, .sum = out.sum};
        }
    }
    return argument;
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    unsigned count = argc > 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

    if (count == 0 || count > 64) {
        fputs("usage: rwlock none|read|write THREADS TURNS\n", stderr);
        return EXIT_FAILURE;
    }
    turns = strtoull(argv[3], NULL, 10);
    if (strcmp(argv[1], "none") != 0)
        lock = strcmp(argv[1], "read") == 0 ? pthread_rwlock_rdlock : pthread_rwlock_wrlock;
    for (unsigned i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, turn, NULL) != 0)
            return EXIT_FAILURE;
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return EXIT_SUCCESS;
}

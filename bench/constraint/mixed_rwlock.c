/* mixed_rwlock.c THREADS TURNS - mixed.flux by hand, with threads and a pthread_rwlock_t. */
#include "waits.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS_MOST 64u

static pthread_rwlock_t ledger = PTHREAD_RWLOCK_INITIALIZER;
static uint64_t turns;

static void *turn(void *argument)
{
    bool writer = argument != NULL;

    for (uint64_t left = turns; left > 0; left--) {
        uint64_t came = waits_now();
        if (writer)
            pthread_rwlock_wrlock(&ledger);
        else
            pthread_rwlock_rdlock(&ledger);
        waits_note(writer, came);
        waits_use();
        pthread_rwlock_unlock(&ledger);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MOST];
    unsigned count = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

    if (count == 0 || count > THREADS_MOST) {
        fputs("usage: mixed_rwlock THREADS TURNS\n", stderr);
        return EXIT_FAILURE;
    }
    turns = strtoull(argv[2], NULL, 10);
    for (unsigned i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, turn, i % 2 != 0 ? &ledger : NULL) != 0)
            return EXIT_FAILURE;
    }
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    waits_report();
    return EXIT_SUCCESS;
}

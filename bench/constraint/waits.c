#include "waits.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static atomic_ullong longest[2]; /* of readers, of writers */

uint64_t waits_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void waits_note(bool writer, uint64_t came)
{
    unsigned long long wait = waits_now() - came, known = atomic_load(&longest[writer]);
    while (wait > known && !atomic_compare_exchange_weak(&longest[writer], &known, wait))
        continue;
}

void waits_use(void)
{
    for (volatile int i = 0; i < 500; i++)
        continue;
}

void waits_report(void)
{
    printf("%llu %llu\n", atomic_load(&longest[false]), atomic_load(&longest[true]));
}

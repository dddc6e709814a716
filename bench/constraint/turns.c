/* turns.c - the option --turns N, and how flows that go round tell that they are not done. */
#include <stdbool.h>

#include "flux.h"

uint64_t turns = 1;

static const struct flux_option options[] = {
    {"turns", "N", "how often each flow turns", FLUX_NUMBER, &turns, 1, 0, NULL},
};
FLUX_OPTIONS(options);

bool AboveZero(uint64_t left);

bool AboveZero(uint64_t left)
{
    return left > 0;
}

/* flows.c - the option --flows N of programs whose source starts N flows and ends. */
#include "flux.h"

uint64_t flows = 1;

static const struct flux_option options[] = {
    {"flows", "N", "how many flows the source starts", FLUX_NUMBER, &flows, 0, 0, NULL},
};
FLUX_OPTIONS(options);

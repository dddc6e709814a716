/* program.c - an empty program, for units that expect to be part of one. */
#include "flux_abi.h"

const struct flux_program flux_program = {
    .abi = FLUX_ABI_VERSION,
    .name = "unit",
    .runtime = "thread",
    .runtime_symbol = &flux_runtime_is_thread,
};

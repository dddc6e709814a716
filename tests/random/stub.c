/* stub.c - the program that a runner is linked with, before it is given another one to run. */
#include "flux_abi.h"

const struct flux_program flux_program = {.abi = FLUX_ABI_VERSION};

/* event.c - the runtime `event`: a loop per CPU, and helper threads for what a loop cannot wait
 * for. */
#include "loop/loop.h"

const char flux_runtime_is_event = 0;

const char *const fluxi_runtime_name = "event";
const char *const fluxi_runtime_summary =
    "event loops; a node that blocks makes only its flow wait";

static uint64_t loops, helpers = 8, stack_size = 256u << 10;

const struct flux_option fluxi_runtime_options[] = {
    {"loops", "N", "event loops, each on a thread of its own; 0: one for each CPU", FLUX_NUMBER,
     &loops, 0, 1024, NULL},
    {"helpers", "N", "threads for blocking nodes, name look-ups and disk reads", FLUX_NUMBER,
     &helpers, 1, 1024, NULL},
    {"stack-size", "SIZE", "address space for the stack of a flow that blocks", FLUX_SIZE,
     &stack_size, 32u << 10, 1u << 30, NULL},
    FLUXI_STALL_OPTION,
};
const unsigned fluxi_runtime_option_count =
    sizeof fluxi_runtime_options / sizeof fluxi_runtime_options[0];

unsigned fluxi_runtime_copies(void)
{
    return loops ? (unsigned)loops : fluxi_cpus();
}

int fluxi_runtime_start(void)
{
    fluxi_policy = (struct policy){.loops = fluxi_runtime_copies(),
                                   .helpers = (unsigned)helpers,
                                   .stack = (size_t)stack_size,
                                   .straight = true};
    return fluxi_engine_start();
}

bool flux_step(struct flux_flow *flow, const struct flux_place *place, const char *what,
               const char *detail, uint32_t at)
{
    (void)flow, (void)place, (void)what, (void)detail, (void)at;
    return true;
}

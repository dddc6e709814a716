/* api.c - what flux.h tells a node about the flow that calls and the program it runs in. */
#include "core.h"

uint64_t flux_flow_id(void)
{
    return fluxi_current != NULL ? fluxi_current->id : 0;
}

uint64_t flux_session_id(void)
{
    return fluxi_current != NULL ? fluxi_current->session_id : 0;
}

const char *flux_failed_node(void)
{
    const struct flux_flow *flow = fluxi_current;
    return flow != NULL && flow->failed != NULL ? flow->failed->node->name : NULL;
}

int flux_failed_code(void)
{
    return fluxi_current != NULL ? fluxi_current->failed_code : 0;
}

struct flux_load flux_load(void)
{
    return fluxi_runtime_load();
}

/* In a source it says whether that source shall end, which FLUX_STOP from another of its copies
 * brings about as well (R14). */
bool flux_stopping(void)
{
    const struct flux_flow *flow = fluxi_current;
    if (flow != NULL && flow->id == 0)
        return fluxi_source_stopping(flow->origin);
    return atomic_load(&fluxi_stopping);
}

const char *flux_runtime_name(void)
{
    return fluxi_runtime_name;
}

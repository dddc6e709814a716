/* scenario.h - a program each of whose flows runs one function, as a node would, and ends. The
 * functions run side by side, and may use each other; a test of what blocks is made of some that
 * block and others that set them free. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "peers.h"

struct scenario_frame {
    struct flux_flow base;
    void (*function)(void);
};

/* What the program does; ends with NULL. */
extern void (*const scenarios[])(void);
static _Atomic unsigned scenarios_begun, scenarios_ended;

static enum flux_next run_Scenario(struct flux_flow *base)
{
    struct scenario_frame *frame = (struct scenario_frame *)base;
    if (base->at == 0) {
        frame->function = scenarios[scenarios_begun];
        if (!frame->function)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        scenarios_begun++;
        return flux_source_done(base, 1);
    }
    frame->function();
    scenarios_ended++;
    return FLUX_ENDED;
}

static int scenarios_check(void)
{
    unsigned count = 0;
    while (scenarios[count])
        count++;
    CHECK(scenarios_ended == count);
    return 0;
}

#define SCENARIOS(...)                                                                             \
    void (*const scenarios[])(void) = {__VA_ARGS__, NULL};                                         \
    static const struct flux_source scenario_sources[] = {{SOURCE(Scenario, scenario_frame)}};     \
    const struct flux_program flux_program = {TEST_PROGRAM(__FILE__), .sources = scenario_sources, \
                                              .source_count = 1, .final = scenarios_check}

#endif

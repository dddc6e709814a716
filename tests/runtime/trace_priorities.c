/* trace --priorities: with some seed a flow stands still in its middle while all others go all the
 * way, which even choices do not come upon; a seed gives the same order each time, and what is
 * printed says how to have it again; a flow that waits for another one in a loop gets what it waits
 * for. */
// runtimes: trace
#include "testing.h"

#define FLOWS 4
#define STEPS 16
#define SEEDS 60

static const struct flux_node node = {"Node", __FILE__, 1};
static const struct flux_place place = {&node, NULL};

struct frame {
    struct flux_flow base;
};

/* Flows in the order in which they did their steps. */
static char order[FLOWS * STEPS + 1];
static unsigned begun, done, ended;

static enum flux_next run_Source(struct flux_flow *base)
{
    if (base->at == 0) {
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    if (scenario_is("loop")) { /* each waits until all others have come */
        if (base->at == 1)
            ended++;
        if (ended == FLOWS)
            return FLUX_ENDED;
        CHECK(!flux_turn(base, 2));
        return FLUX_PARKED;
    }
    if (base->at > 1) {
        order[done++] = (char)('0' + base->id);
        if (base->at == STEPS + 1)
            return FLUX_ENDED;
    }
    CHECK(!flux_step(base, &place, "call", "Node", base->at + 1));
    return FLUX_PARKED;
}

static int final(void)
{
    if (scenario_is("steps"))
        printf("order %s\n", order);
    return 0;
}

/* Between two steps of one flow stand all of all others. */
static bool stood_still(const char *steps)
{
    const char others = (FLOWS - 1) * STEPS;
    for (int at = 1; at < STEPS; at++) {
        bool still = steps[at - 1] == steps[at + others];
        for (int i = 0; i < others; i++)
            still = still && steps[at + i] != steps[at - 1];
        if (still)
            return true;
    }
    return false;
}

static void run(struct child *child, const char *scenario, unsigned seed, char *priorities)
{
    char number[16];
    snprintf(number, sizeof number, "%u", seed);
    child_start(child, scenario,
                ARGUMENTS((char *)"--quiet", (char *)"--seed", number, priorities));
    CHECK(ended_with(child_end(child), 0));
}

static unsigned seeds_that_stand_still(char *priorities)
{
    unsigned found = 0;
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        struct child child;
        run(&child, "steps", seed, priorities);
        CHECK(strncmp(child.text, "order ", 6) == 0);
        found += stood_still(child.text + 6);
        child_free(&child);
    }
    return found;
}

static int initial(void)
{
    char *priorities = (char *)"--priorities";
    struct child first, again, other, loop;
    if (test_scenario() != NULL)
        return 0;
    CHECK(seeds_that_stand_still(NULL) == 0);
    CHECK(seeds_that_stand_still(priorities) > 0);

    run(&first, "steps", 3, priorities);
    run(&again, "steps", 3, priorities);
    run(&other, "steps", 4, priorities);
    CHECK(strcmp(first.text, again.text) == 0);
    CHECK(strcmp(first.text, other.text) != 0);
    child_free(&first);
    child_free(&again);
    child_free(&other);

    child_start(&first, "steps", ARGUMENTS((char *)"--seed", (char *)"3", priorities));
    CHECK(ended_with(child_end(&first), 0));
    CHECK(child_count(&first, "trace: seed 3, priorities\n") == 1);
    child_free(&first);

    for (unsigned seed = 1; seed <= 10; seed++) {
        run(&loop, "loop", seed, priorities);
        child_free(&loop);
    }
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Source, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("priorities"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

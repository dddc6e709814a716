/* trace: each step is told when it is done; the order is the same for the same seed and another for
 * another one, which is told where it was not given, even if --quiet tells nothing else. */
// runtimes: trace
#include "testing.h"

#define FLOWS 8
#define STEPS 4

static const struct flux_node outer = {"Outer", __FILE__, 1}, inner = {"Inner", __FILE__, 2};
static const struct flux_place around = {&outer, NULL}, place = {&inner, &around};

struct frame {
    struct flux_flow base;
};

/* What the program itself saw: flows in the order in which they did their steps. */
static char order[FLOWS * STEPS + 1];
static unsigned begun, done;

static enum flux_next run_Source(struct flux_flow *base)
{
    if (base->at == 0) {
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    if (base->at > 1) {
        order[done++] = (char)('0' + base->id);
        if (base->at == STEPS + 1)
            return FLUX_ENDED;
    }
    CHECK(!flux_step(base, &place, "call", "Inner", base->at + 1));
    return FLUX_PARKED;
}

static int final(void)
{
    if (test_scenario() != NULL)
        printf("order %s\n", order);
    return 0;
}

static void run(struct child *child, char *seed, char *quiet)
{
    child_start(child, "steps", ARGUMENTS((char *)"--seed", seed, quiet));
    CHECK(ended_with(child_end(child), 0));
}

/* The lines say what has been done, in order. */
static void check_lines(const struct child *child)
{
    unsigned step = 0;
    const char *told = strstr(child->text, "order ") + strlen("order ");
    char line[128];
    for (const char *at = child->text; (at = strstr(at, "trace: flow ")) != NULL; at++) {
        snprintf(line, sizeof line, "trace: flow %c call Inner in Outer > Inner\n", told[step++]);
        CHECK(strncmp(at, line, strlen(line)) == 0);
    }
    CHECK(step == FLOWS * STEPS);
}

static int initial(void)
{
    struct child first, again, other, quiet;
    if (test_scenario() != NULL)
        return 0;
    run(&first, (char *)"7", NULL);
    run(&again, (char *)"7", NULL);
    run(&other, (char *)"8", NULL);
    run(&quiet, (char *)"7", (char *)"--quiet");
    check_lines(&first);
    check_lines(&other);
    CHECK(child_count(&first, "trace: seed 7\n") == 1);
    CHECK(strcmp(first.text, again.text) == 0);
    CHECK(strcmp(strstr(first.text, "order"), strstr(other.text, "order")) != 0);
    CHECK(strcmp(strstr(first.text, "order"), quiet.text) == 0);
    child_free(&first);
    child_free(&again);
    child_free(&other);

    child_start(&other, "steps", ARGUMENTS(NULL));
    CHECK(ended_with(child_end(&other), 0));
    CHECK(child_count(&other, "trace: seed ") == 1);
    child_free(&other);
    child_free(&quiet);

    child_start(&quiet, "steps", ARGUMENTS((char *)"--quiet"));
    CHECK(ended_with(child_end(&quiet), 0));
    CHECK(child_count(&quiet, "trace: ") == 1 && child_count(&quiet, "trace: seed ") == 1);
    child_free(&quiet);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Source, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("seed"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

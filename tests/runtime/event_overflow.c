/* A flow that uses up its stack does not write into another one's: the program ends at once, and
 * says in which node that was. */
// runtimes: event trace
#include "testing.h"

/* A function that stays itself: its name is looked for. */
#ifdef __clang__
#define KEPT __attribute__((noinline))
#else
#define KEPT __attribute__((noinline, noclone))
#endif

static unsigned rows;

struct frame {
    struct flux_flow base;
};

static unsigned decode_row(unsigned row) KEPT;
static unsigned decode_row(unsigned row)
{
    volatile unsigned char pixels[512];
    for (size_t i = 0; i < sizeof pixels; i += 64)
        pixels[i] = (unsigned char)row;
    return row == 0 ? 0 : decode_row(row - 1) + pixels[row % sizeof pixels];
}

/* The node. */
int Render(unsigned count) KEPT;
int Render(unsigned count)
{
    usleep(1000); /* so that it is on a carrier that others have used */
    return decode_row(count) > 1000000000;
}

static enum flux_next run_Listen(struct flux_flow *base)
{
    static unsigned begun;
    if (base->at == 0) {
        if (begun == 4)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        begun++;
        return flux_source_done(base, 1);
    }
    Render(rows);
    return FLUX_ENDED;
}

/* In children: with enough stack and with too little. */
static int initial(void)
{
    struct child child;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    _exit(77); /* a sanitizer has frames, and a report, of its own */
#endif
    rows = scenario_is("deep") ? 100000000 : 100;
    if (test_scenario() != NULL)
        return 0;
    child_start(&child, "shallow", ARGUMENTS(NULL));
    CHECK(ended_with(child_end(&child), 0));
    child_free(&child);
    child_start(&child, "deep", ARGUMENTS((char *)"--stack-size", (char *)"64K"));
    CHECK(WIFSIGNALED(child_end(&child)));
    fprintf(stderr, "%s", child.text);
    CHECK(child_count(&child, "stack overflow in node Render (in decode_row), flow ") == 1);
    CHECK(child_count(&child, " of source Listen; its stack has 64K of address space") == 1);
    child_free(&child);
    rows = 0;
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Listen, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("overflow"), .sources = sources,
                                          .source_count = 1, .initial = initial};

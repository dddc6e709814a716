// build: debug
/* R28 to R31: in a debug build the first flow that takes or gives constraints as it should not ends
 * the program, with a report that names all flows concerned, though nothing hangs: flows run one
 * after another here. And while something hangs, the program says who holds what. */
#include "testing.h"

#define FLOWS 4
#define OPS   8

static struct flux_constraint a = FLUX_CONSTRAINT("a", 2);
static struct flux_constraint b = FLUX_CONSTRAINT("b", 2);
static struct flux_constraint c = FLUX_CONSTRAINT("c", 2);
static struct flux_constraint last = FLUX_CONSTRAINT("last", 9);
static const char *const of_session[] = {"basket", "user"};

enum what { END, TAKE, GIVE, TAKE_SESSION, GIVE_SESSION, ASK, STAY };

struct op {
    enum what what;
    enum flux_mode mode;
    struct flux_constraint *which;
    unsigned index; /* of session scope */
};

#define W(c)                                                                                       \
    {                                                                                              \
        TAKE, FLUX_WRITE, &(c), 0                                                                  \
    }
#define R(c)                                                                                       \
    {                                                                                              \
        TAKE, FLUX_READ, &(c), 0                                                                   \
    }
#define NOT_W(c)                                                                                   \
    {                                                                                              \
        GIVE, FLUX_WRITE, &(c), 0                                                                  \
    }
#define NOT_R(c)                                                                                   \
    {                                                                                              \
        GIVE, FLUX_READ, &(c), 0                                                                   \
    }
#define SW(index)                                                                                  \
    {                                                                                              \
        TAKE_SESSION, FLUX_WRITE, NULL, index                                                      \
    }
#define NOT_SW(index)                                                                              \
    {                                                                                              \
        GIVE_SESSION, FLUX_WRITE, NULL, index                                                      \
    }

/* A child that runs these flows, each when the one before has ended, is aborted and says that. */
static const struct scenario {
    const char *name;
    struct op source[2]; /* what the source part of the last flow does */
    struct op flows[FLOWS][OPS];
    const char *said[5];
} scenarios[] = {
    {"two orders",
     {{0}},
     {{W(a), W(b), NOT_W(b), NOT_W(a)}, {W(b), W(a), NOT_W(a), NOT_W(b)}},
     {"constraints are taken in a circle: b, a, b:",
      "flow 2 of Go, session 2 holds b (writing, Serve > First) and wants a (writing, Serve > "
      "Second)",
      "flow 1 of Go, session 1 held a (writing, Serve > First) and wanted b (writing, Serve > "
      "Second)"}},
    {"only readers",
     {{0}},
     {{R(a), R(b), NOT_R(b), NOT_R(a)}, {R(b), R(a)}},
     {"constraints are taken in a circle: b, a, b:",
      "flow 2 of Go, session 2 holds b (reading, Serve > First) and wants a (reading, Serve > "
      "Second)",
      "flow 1 of Go, session 1 held a (reading, Serve > First) and wanted b (reading, Serve > "
      "Second)"}},
    {"three flows",
     {{0}},
     {{W(a), W(b), NOT_W(b), NOT_W(a)}, {R(b), W(c), NOT_W(c), NOT_R(b)}, {W(c), R(a)}},
     {"constraints are taken in a circle: c, a, b, c:",
      "flow 3 of Go, session 3 holds c (writing, Serve > First) and wants a (reading, Serve > "
      "Second)",
      "flow 1 of Go, session 1 held a (writing, Serve > First) and wanted b (writing, Serve > "
      "Second)",
      "flow 2 of Go, session 2 held b (reading, Serve > First) and wanted c (writing, Serve > "
      "Second)"}},
    {"two sessions",
     {{0}},
     {{SW(0), SW(1), NOT_SW(1), NOT_SW(0)}, {SW(1), SW(0)}},
     {"constraints are taken in a circle: user, basket, user:",
      "flow 2 of Go, session 2 holds user (writing, Serve > First) and wants basket (writing, ",
      "flow 1 of Go, session 1 held basket (writing, Serve > First) and wanted user (writing, "}},
    {"session and program",
     {{0}},
     {{SW(0), W(last), NOT_W(last), NOT_SW(0)}, {W(last), SW(0)}},
     {"constraints are taken in a circle: last, basket, last:",
      "flow 2 of Go, session 2 holds last", "flow 1 of Go, session 1 held basket"}},
    {"behind the last",
     {{0}},
     {{W(last), W(a)}},
     {"against the canonical order (R29): last has rank 9, a rank 2",
      "flow 1 of Go, session 1 holds last (writing, Serve > First) and wants a (writing, "}},
    {"twice",
     {{0}},
     {{R(a), R(b), R(a)}},
     {"constraint a is taken by a flow that holds it (R30)",
      "flow 1 of Go, session 1 holds a (reading, Serve > First) and wants a (reading, point 4)"}},
    {"not taken",
     {{0}},
     {{W(a), NOT_W(b)}},
     {"constraint b is given back (writing) by a flow that has not taken it so",
      "flow 1 of Go, session 1 does not hold it"}},
    {"taken to read",
     {{0}},
     {{R(a), NOT_W(a)}},
     {"constraint a is given back (writing) by a flow that has not taken it so",
      "flow 1 of Go, session 1 holds a (reading, Serve > First)"}},
    {"kept",
     {{0}},
     {{SW(1), R(a)}},
     {"constraint a is held by a flow that has ended",
      "flow 1 of Go, session 1 holds a (reading, Serve > Second)",
      "constraint user is held by a flow that has ended",
      "flow 1 of Go, session 1 holds user (writing, Serve > First)"}},
    {"kept by a source",
     {W(a)},
     {{W(b), NOT_W(b)}},
     {"constraint a is held by a flow that waits to be admitted",
      "flow 1 of Go, session 0 holds a"}},
    {"kept by a failure",
     {W(a), {ASK, 0, NULL, 0}},
     {{W(b), NOT_W(b)}},
     {"constraint a is held by a flow that has failed", "a run of source Go holds a (writing, "}},
};

/* Nothing is wrong with those: some pairs again, and each back in any order. */
static const struct scenario sound = {
    "sound",
    {W(a), NOT_W(a)},
    {{SW(0), SW(1), W(a), R(b), W(last), NOT_W(a), NOT_R(b), NOT_W(last)},
     {SW(1), R(a), NOT_R(a), W(b), R(c), NOT_R(c), NOT_W(b), NOT_SW(1)},
     {R(a), W(c), NOT_W(c), NOT_R(a), R(a), W(c), NOT_W(c), NOT_R(a)},
     {W(c), W(last), NOT_W(c), NOT_W(last)}},
    {NULL}};

/* The second waits for the first, which never ends. */
static const struct scenario hang = {
    "hang", {{0}}, {{W(a), {STAY, 0, NULL, 0}}, {R(b), R(a)}, {{ASK, 0, NULL, 0}}}, {NULL}};

static const struct scenario *scenario;
static _Atomic unsigned ended, staying;

struct frame {
    struct flux_flow base;
    unsigned number;
};

PLACE(serve, "Serve");
static const struct flux_node nodes[] = {{"First", __FILE__, __LINE__},
                                         {"Second", __FILE__, __LINE__}};
static const struct flux_place first = {&nodes[0], &serve}, second = {&nodes[1], &serve};
static const struct flux_place *const places[] = {NULL, NULL, &first, &second};

static bool run_op(struct flux_flow *base, const struct op *op, uint32_t at)
{
    switch (op->what) {
    case TAKE:
        return flux_take(base, op->which, op->mode, at);
    case TAKE_SESSION:
        return flux_take_session(base, op->index, op->mode, at);
    case GIVE:
        flux_give(base, op->which, op->mode);
        return true;
    case GIVE_SESSION:
        flux_give_session(base, op->index, op->mode);
        return true;
    case STAY:
        flux_log(FLUX_INFO, "stays");
        staying = 1;
        WAIT_UNTIL(false);
        return true;
    case ASK:
    case END:
        return true;
    }
    return true;
}

static enum flux_next begin(struct frame *frame)
{
    static unsigned next;
    frame->number = next;
    if (frame->number == FLOWS || scenario->flows[frame->number][0].what == END)
        return flux_source_fail(&frame->base, NULL, FLUX_STOP, false);
    if (scenario != &hang)
        WAIT_UNTIL(ended == frame->number);
    else
        WAIT_UNTIL(frame->number == 0 || staying);
    next++;
    for (unsigned i = 0; i < 2; i++) {
        if (scenario->source[i].what == ASK)
            return flux_source_fail(&frame->base, NULL, EAGAIN, false);
        CHECK(run_op(&frame->base, &scenario->source[i], 9));
    }
    return flux_source_done(&frame->base, 1);
}

static enum flux_next run_Go(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    const struct op *ops;
    if (base->at == 0)
        return begin(frame);
    ops = scenario->flows[frame->number];
    if (base->at == 1) {
        base->session_id = frame->number + 1;
        CHECK(flux_session_join(base) == 0);
    }
    for (uint32_t i = base->at - 1; i < OPS && ops[i].what != END; i++) {
        if (!run_op(base, &ops[i], i + 2))
            return FLUX_PARKED;
    }
    if (scenario == &sound && frame->number == 0) {
        flux_give_session(base, 1, FLUX_WRITE);
        flux_give_session(base, 0, FLUX_WRITE);
    }
    ended++;
    return FLUX_ENDED;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static void start(struct child *child, const struct scenario *of)
{
    char *quiet = (char *)(is_runtime("trace") ? "--quiet" : "--max-flows=9");
    child_start(child, of->name, ARGUMENTS((char *)"--grace=20ms", quiet));
}

static void check_defects(void)
{
    for (unsigned i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        struct child child;
        start(&child, &scenarios[i]);
        int status = child_end(&child);
        CHECK_CHILD(&child, WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        for (const char *const *said = scenarios[i].said; *said != NULL; said++) {
            if (child_count(&child, *said) != 1)
                fprintf(stderr, "%s: '%s' is to be said once\n", scenarios[i].name, *said);
            CHECK_CHILD(&child, child_count(&child, *said) == 1);
        }
        CHECK_CHILD(&child, child_count(&child, "\"Debug builds\" in docs/runtimes.md") == 1);
        child_free(&child);
    }
}

static void check_sound(void)
{
    struct child child;
    start(&child, &sound);
    int status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "constraint") == 0);
    child_free(&child);
}

static void check_hang(void)
{
    struct child child;
    start(&child, &hang);
    child_await(&child, "stays", 1);
    for (unsigned asked = 0; child_count(&child, "has waited") == 0; asked++) {
        kill(child.pid, SIGQUIT);
        child_await(&child, "who holds what:", asked + 1);
    }
    kill(child.pid, SIGTERM);
    int status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "abandoned") == 1);
    CHECK_CHILD(&child, child_count(&child, "constraint a: held by a writer, ") == 1);
    const char *report = strstr(child.text, "abandoned");
    CHECK_CHILD(&child, strstr(report, "who holds what:") != NULL);
    CHECK_CHILD(&child, strstr(report, "flow 1 of Go, session 1 holds a (writing, Serve > First)"));
    CHECK_CHILD(&child, strstr(report, "flow 2 of Go, session 2 holds b (reading, Serve > First) "
                                       "and has waited 0."));
    CHECK_CHILD(&child, strstr(report, " s for a (reading, Serve > Second): held by flow 1 of Go, "
                                       "session 1 (writing)"));
    child_free(&child);
}

static int initial(void)
{
    if (test_scenario() == NULL) {
        check_defects();
        check_sound();
        check_hang();
        _exit(0);
    }
    scenario = scenario_is("sound") ? &sound : &hang;
    for (unsigned i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        if (scenario_is(scenarios[i].name))
            scenario = &scenarios[i];
    }
    return 0;
}

static struct flux_constraint *const constraints[] = {&a, &b, &c, &last};
static const struct flux_source sources[] = {
    {SOURCE(Go, frame), .sessions = true, .places = places, .place_count = 4}};
const struct flux_program flux_program = {
    TEST_PROGRAM("order"),         .sources = sources,    .source_count = 1,
    .constraints = constraints,    .constraint_count = 4, .session_constraints = of_session,
    .session_constraint_count = 2, .initial = initial};

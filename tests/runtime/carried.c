/* What a flow carries: deferred actions run in reverse order at its end, however it ends, and may
 * use its memory (flux.h); those of a source go along with its flow, and are undone when it fails.
 * Also ids, the failing node, and an error that nobody handles (R27), which is logged once a second
 * and counted. */
#include "testing.h"

#define FLOWS 5

static _Atomic int undone, born;
static char order[FLOWS][8];

struct frame {
    struct flux_flow base;
    int number;
};

PLACE(make_place, "Make");
PLACE(work_place, "Work");

static void undo(void *argument)
{
    CHECK(*(int *)argument == 4711);
    undone++;
}

struct letter {
    char *to, letter;
};

static void append(void *argument)
{
    struct letter *letter = argument;
    CHECK(strlen(letter->to) < sizeof order[0] - 1);
    letter->to[strlen(letter->to)] = letter->letter;
    if (letter->letter == 'b') { /* an action may defer another */
        struct letter *more = flux_alloc(sizeof *more);
        CHECK(more != NULL);
        *more = (struct letter){letter->to, 'x'};
        CHECK(flux_defer(append, more) == 0);
    }
}

static void defer_letter(int number, char name)
{
    struct letter *letter = flux_alloc(sizeof *letter);
    CHECK(letter != NULL && letter->to == NULL && letter->letter == 0);
    *letter = (struct letter){order[number], name};
    CHECK(flux_defer(append, letter) == 0);
}

/* Every other run fails and is undone. */
static int make(int *number)
{
    static int runs;
    runs++;
    if (runs % 2 == 1) {
        int *value = flux_alloc(sizeof *value);
        CHECK(value != NULL);
        *value = 4711;
        CHECK(flux_defer(undo, value) == 0);
        return EAGAIN;
    }
    CHECK(undone == runs / 2);
    if (born == FLOWS)
        return FLUX_STOP;
    *number = born++;
    defer_letter(*number, 'a');
    return 0;
}

static enum flux_next run_Make(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    int error;
    if (base->at == 0) {
        if ((error = make(&frame->number)) != 0)
            return flux_source_fail(base, &make_place, error, false);
        return flux_source_done(base, 1);
    }
    CHECK(flux_flow_id() == (uint64_t)frame->number + 1);
    CHECK(flux_failed_node() == NULL && flux_failed_code() == 0);
    CHECK((uintptr_t)flux_alloc(1) % _Alignof(max_align_t) == 0);
    CHECK(flux_alloc(SIZE_MAX) == NULL && flux_alloc(SIZE_MAX - 8) == NULL);
    defer_letter(frame->number, 'b');
    defer_letter(frame->number, 'c');
    flux_failing(base, &work_place, ENOSPC);
    CHECK(strcmp(flux_failed_node(), "Work") == 0 && flux_failed_code() == ENOSPC);
    flux_unhandled(base, &work_place, ENOSPC);
    return FLUX_ENDED;
}

static int final(void)
{
    for (int i = 0; i < FLOWS; i++)
        CHECK(strcmp(order[i], "cbxa") == 0);
    CHECK(undone == FLOWS + 1);
    CHECK(flux_alloc(1) == NULL && flux_flow_id() == 0);
    flux_log(FLUX_INFO, "two lines\nand \033[1m");
    return 0;
}

static int initial(void)
{
    struct child child;
    int status;
    if (test_scenario() != NULL)
        return 0;
    child_start(&child, "run", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child,
                strstr(child.text, "Work failed: No space left on device (28); path Work, "));
    CHECK_CHILD(&child, child_count(&child, "Work failed: No space left on device") >= 1);
    CHECK_CHILD(&child, child_count(&child, "Work failed") <= 2);
    CHECK_CHILD(&child, child_count(&child, "5 errors that nobody handled") == 1);
    CHECK_CHILD(&child, child_count(&child, "two lines?and ?[1m") == 1);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Make, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("carried"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

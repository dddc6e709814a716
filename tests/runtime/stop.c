/* How a program stops: SIGTERM and SIGINT let flows finish (and nothing is lost), interrupt sources
 * that block, cancel idle awaits but no others (R36); the grace period ends; a second signal ends
 * at once; FLUX_STOP of all sources ends the program (R14). */
#include "testing.h"

#define FLOWS 3

static int silent[2], answer[2]; /* pipes: the first never says anything */
static _Atomic int finished, cancelled, answered;

struct frame {
    struct flux_flow base;
    int number;
};

PLACE(listen_place, "Listen");
PLACE(wait_place, "Wait");

/* Makes FLOWS flows, then blocks until it is interrupted. */
static int listen_node(int *number)
{
    static int next;
    char byte;
    if (next < (scenario_is("stuck") ? 1 : FLOWS)) {
        *number = next++;
        return 0;
    }
    if (scenario_is("sources end"))
        return FLUX_STOP;
    return read(silent[0], &byte, 1) == 1 ? 0 : errno;
}

static void work(struct frame *frame)
{
    if (scenario_is("stuck")) {
        printf("half a line");
        flockfile(stdout); /* the end of the program shall not wait for it */
    }
    flux_log(FLUX_INFO, "flow works");
    if (scenario_is("sources end"))
        WAIT_UNTIL(finished == frame->number);
    else
        WAIT_UNTIL(flux_stopping() && !scenario_is("endless") && !scenario_is("stuck"));
    for (int i = 0; i < 20; i++)
        wait_a_little();
    finished++;
}

static enum flux_next run_Listen(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    int error;

    switch (base->at) {
    case 0:
        if ((error = listen_node(&frame->number)) != 0)
            return flux_source_fail(base, &listen_place, error, false);
        return flux_source_done(base, 1);
    case 1:
        if (!scenario_is("awaits")) {
            work(frame);
            return FLUX_ENDED;
        }
        /* Flow 0 awaits an answer in the middle of its work, the others a request. */
        flux_log(FLUX_INFO, "flow works");
        if (!flux_await(base, frame->number == 0 ? answer[0] : silent[0], FLUX_READABLE, -1,
                        frame->number != 0, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        if (base->error == ECANCELED) {
            if (++cancelled == FLOWS - 1)
                CHECK(write(answer[1], "!", 1) == 1);
            flux_unhandled(base, &wait_place, base->error);
        } else if (base->error == 0) {
            answered++;
        }
    }
    return FLUX_ENDED;
}

static int final(void)
{
    flux_log(FLUX_INFO, "finished %d cancelled %d answered %d", finished, cancelled, answered);
    return 0;
}

/* ---- from outside ---------------------------------------------------------------------------- */

static int stop_while_working(const char *scenario, int signal, char *grace, struct child *child)
{
    child_start(child, scenario, ARGUMENTS((char *)"--grace", grace));
    child_await(child, "flow works", strcmp(scenario, "stuck") == 0 ? 1 : FLOWS);
    kill(child->pid, signal);
    if (strcmp(scenario, "endless") == 0 && strcmp(grace, "1min") == 0) {
        child_await(child, "stopping", 1);
        kill(child->pid, signal);
    }
    return child_end(child);
}

static int initial(void)
{
    struct child child;
    char minute[] = "1min", moment[] = "20ms", blink[] = "5ms", ages[] = "18446744073s";
    int status;

    CHECK(pipe(silent) == 0 && pipe(answer) == 0);
    if (test_scenario() != NULL)
        return 0;

    status = stop_while_working("work", SIGTERM, minute, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "finished 3 cancelled 0") == 1);
    CHECK_CHILD(&child, child_count(&child, "failed") == 0); /* the interrupted source did not */
    child_free(&child);

    status = stop_while_working("work", SIGINT, minute, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "finished 3 cancelled 0") == 1);
    child_free(&child);

    status = stop_while_working("awaits", SIGTERM, minute, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "finished 0 cancelled 2 answered 1") == 1);
    CHECK_CHILD(&child, child_count(&child, "2 idle flows ended by the stop") == 1);
    child_free(&child);

    status = stop_while_working("endless", SIGTERM, moment, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "3 flows abandoned") == 1);
    child_free(&child);

    status = stop_while_working("stuck", SIGTERM, blink, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "1 flow abandoned") == 1);
    child_free(&child);

    status = stop_while_working("work", SIGTERM, ages, &child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "finished 3 cancelled 0") == 1);
    child_free(&child);

    status = stop_while_working("endless", SIGTERM, minute, &child);
    CHECK_CHILD(&child, WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    child_free(&child);

    child_start(&child, "sources end", ARGUMENTS(NULL));
    status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "finished 3") == 1);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Listen, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("stop"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

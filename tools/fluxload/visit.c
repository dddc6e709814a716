/* visit.c - the beginning and the end of a flow, and of the program. */
#include "fluxload_flux.h"

#include "books.h"
#include "flux.h"
#include "plan.h"
#include "report.h"
#include "schedule.h"
#include "secure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

int Prepare(void)
{
    sim_random_prepare();
    int error = plan_settle();
    if (error == 0)
        error = client_start();
    if (error == 0 && plan.tls)
        error = secure_start();
    /* The kernel would let timers be 50 us late; threads of the runtime inherit that it must not.
     */
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    if (error == 0) {
        schedule_start();
        books_open(SECOND / 100); /* until the sources run */
    }
    return error;
}

int Report(void)
{
    int status = 0;
    books_end(flux_now());
    if (plan.arrivals > 0)
        arrivals_print(&plan.workload, plan.seed, (unsigned)plan.arrivals);
    else
        status = report_print();
    if (fflush(stdout) != 0) {
        flux_log(FLUX_ERROR, "standard output: %s", flux_strerror(errno));
        status = 1;
    }
    books_close();
    client_stop();
    if (plan.tls)
        secure_stop();
    plan_free();
    if (status != 0)
        exit(status); /* as main is about to: with `final` all is over */
    return 0;
}

/* ---- the source ------------------------------------------------------------------------------ */

/* Until then; EINTR: the program is told to stop. */
static int sleep_until(uint64_t moment)
{
    const struct timespec time = {(time_t)(moment / SECOND), (long)(moment % SECOND)};
    int error = 0;
    while (!flux_stopping() && flux_now() < moment && error == 0)
        error = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    return flux_stopping() ? EINTR : 0;
}

int Next(Next_out *out)
{
    return plan.arrivals == 0 && schedule_next(&out->what) ? 0 : FLUX_STOP;
}

int Wait(Wait_in *in, Wait_out *out)
{
    out->what = in->what;
    return sleep_until(in->what.planned) == 0 ? 0 : FLUX_STOP;
}

/* ---- a flow ---------------------------------------------------------------------------------- */

/* NULL: there is none to make the request, which waits, or it is not to be made. */
static client *board(struct ask what, uint64_t now)
{
    if (books_over(what.planned))
        return NULL;
    what = books_plan(what.planned, what.target);
    if (what.counts)
        books_lag(now - what.planned);
    return books_take(what);
}

/* Where one has to wait for a client, so do all that are due by now: they need no flow each, of
 * which an overloaded loop would have too few turns. */
int Board(Board_in *in, Board_out *out)
{
    bool closed = plan.workload.kind == WORKLOAD_CLOSED;
    uint64_t now = flux_now();
    struct ask what = in->what;
    if (!closed)
        books_watch(now);
    client *me = closed ? books_gather() : board(what, now);
    while (!closed && me == NULL && schedule_due(now, &what))
        me = board(what, now);
    GO_ON(out, me);
    return 0;
}

/* All are there: the first request of each is due, if no more are asked for than there are
 * clients. */
int Gather(Gather_in *in, Gather_out *out)
{
    client *me = in->me;
    books_watch(flux_now());
    if (books_over(books.start)) {
        books_dismiss(me);
        me = NULL;
    } else {
        client_ask(me, books_plan(books.start, schedule_pick()));
    }
    GO_ON(out, me);
    return 0;
}

int Count(Count_in *in, Count_out *out)
{
    client *me = books_settle(in->me);
    GO_ON(out, me);
    return 0;
}

int End(End_in *in)
{
    if (in->me != NULL)
        books_dismiss(in->me);
    return 0;
}

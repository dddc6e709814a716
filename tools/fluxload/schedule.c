#include "schedule.h"

#include "books.h"
#include "plan.h"
#include "requests.h"

/* What streams of random numbers are for; the workload has the first, and the simulator those from
 * 8 on. Targets of arrivals have one of their own: they do not depend on how fast the server is.
 */
enum { PURPOSE_TARGETS = 2, PURPOSE_LATER_TARGETS, PURPOSE_PAUSES };

static struct arrivals arrivals;
static struct sim_random targets, later_targets, pauses;
static uint32_t line;     /* of the trace */
static uint64_t measured; /* of the arrivals */
static struct ask upcoming;
static bool drawn; /* upcoming is the next */
static bool exhausted;

void schedule_start(void)
{
    arrivals_start(&arrivals, &plan.workload, plan.seed, 0, 0);
    sim_random_start(&targets, plan.seed, 0, PURPOSE_TARGETS);
    sim_random_start(&later_targets, plan.seed, 0, PURPOSE_LATER_TARGETS);
    sim_random_start(&pauses, plan.seed, 0, PURPOSE_PAUSES);
    line = 0;
}

/* No more than are asked for. (Clients of a closed load all come: it begins with the last.) */
static bool is_wanted(uint64_t planned)
{
    return plan.workload.kind == WORKLOAD_CLOSED ||
           (planned < books.end && (plan.requests == 0 || measured < plan.requests));
}

/* Draws the next arrival, unless that has been done. */
static bool draw(void)
{
    if (drawn || exhausted)
        return drawn;
    double time = arrivals_next(&arrivals);
    if (time >= 0 && time <= SIM_TIME_MOST) {
        upcoming.planned = books.start + (uint64_t)(time * 1e9);
        drawn = is_wanted(upcoming.planned);
    }
    exhausted = !drawn;
    if (drawn) {
        measured += upcoming.planned >= books.begin;
        upcoming.target = plan.workload.kind == WORKLOAD_TRACE ? line++ : requests_pick(&targets);
    }
    return drawn;
}

bool schedule_next(struct ask *next)
{
    if (!draw())
        return false;
    *next = upcoming;
    drawn = false;
    return true;
}

bool schedule_due(uint64_t now, struct ask *next)
{
    return draw() && upcoming.planned <= now && schedule_next(next);
}

bool schedule_exhausted(void)
{
    return exhausted;
}

uint64_t schedule_pause(void)
{
    double pause = sim_distribution_draw(&plan.workload.pause, &pauses);
    return (uint64_t)((pause < SIM_TIME_MOST ? pause : SIM_TIME_MOST) * 1e9);
}

bool schedule_again(void)
{
    return plan.workload.kind == WORKLOAD_PARTLY && sim_random_unit(&pauses) < plan.workload.again;
}

uint32_t schedule_pick(void)
{
    return requests_pick(&later_targets);
}

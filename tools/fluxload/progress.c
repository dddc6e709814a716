/* progress.c - a line on the terminal, while it goes on. */
#include "fluxload_flux.h"

#include "books.h"
#include "flux.h"
#include "plan.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PERIOD (SECOND / 5)
#define WIDTH  30

static atomic_bool shown;
static atomic_bool over; /* there is nothing more to come */

int Tick(void)
{
    const struct timespec period = {0, (long)PERIOD};
    bool wanted = !plan.quiet && plan.arrivals == 0 && isatty(STDERR_FILENO);
    if (!wanted || atomic_load(&over) || flux_stopping() || nanosleep(&period, NULL) != 0) {
        if (shown)
            fprintf(stderr, "\r%*s\r", 79, "");
        return FLUX_STOP;
    }
    return 0;
}

int Look(Look_out *out)
{
    out->now = (struct moment){.answered = books.answered,
                               .planned = books.planned,
                               .failed = books.finished - books.outcomes[OUTCOME_ANSWERED],
                               .under_way = books.clients - books.idle_count,
                               .begin = books.begin,
                               .over = books_rest()};
    return 0;
}

static double share_done(const struct moment *now)
{
    double share = plan.requests > 0
                       ? (double)now->planned / (double)plan.requests
                       : (double)((int64_t)(flux_now() - now->begin)) / (double)plan.duration;
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

int Show(Show_in *in)
{
    const struct moment *now = &in->now;
    char bar[WIDTH + 1];
    double share = share_done(now);
    for (unsigned i = 0; i < WIDTH; i++)
        bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    bool warming = flux_now() < now->begin;
    atomic_store(&over, now->over);
    shown = true;
    fprintf(stderr, "\r%s %3.0f %%  %llu answers, %llu errors, %llu under way%s   ",
            warming ? "warm-up" : bar, 100 * share, (unsigned long long)now->answered,
            (unsigned long long)now->failed, (unsigned long long)now->under_way,
            share >= 1 ? ", the last" : "");
    return 0;
}

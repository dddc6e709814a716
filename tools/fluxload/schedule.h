/* schedule.h - when what comes: the arrivals of the workload, with what they ask for. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "fluxload.h"

/* From now on. */
void schedule_start(void);

/* All that follow are called with the books held. */

/* The next arrival; false: there is none. */
bool schedule_next(struct ask *next);

/* The same, if it is due by then. */
bool schedule_due(uint64_t now, struct ask *next);

/* None follows. */
bool schedule_exhausted(void);

/* How long a client pauses, whether a session goes on, and what for. */
uint64_t schedule_pause(void);
bool schedule_again(void);
uint32_t schedule_pick(void);

#endif

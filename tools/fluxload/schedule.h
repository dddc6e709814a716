/* schedule.h - when what comes: the arrivals of the workload, with what they ask for. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "fluxload.h"

/* From now on. */
void schedule_start(void);

/* The next arrival; false: there is none. Called by the source alone. */
bool schedule_next(struct ask *next);

/* How long a client pauses, whether a session goes on, and what for. Called with the books held. */
uint64_t schedule_pause(void);
bool schedule_again(void);
uint32_t schedule_pick(void);

#endif

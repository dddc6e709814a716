/* locks.h - constraints, and who waits for them. Part of replication.c, which alone includes it,
 * so that what a run does again and again is compiled as one.
 */
#ifndef SIM_LOCKS_H
#define SIM_LOCKS_H

#include "requests.h"

static struct lock *lock_of(struct sim *sim, const struct flow *flow, uint32_t constraint)
{
    uint32_t at_session = sim->model->program->constraints[constraint].session ? flow->session : 0;
    return &sim->locks[sim->lock_base[constraint] + at_session];
}

static void grant(struct sim *sim, struct lock *lock, bool write)
{
    if (lock->readers == 0)
        lock->since = sim->now;
    if (write)
        lock->writer = true;
    else
        lock->readers++;
}

/* In order of arrival; readers share with readers, unless somebody waits already (R33). */
static bool take(struct sim *sim, uint32_t index, uint32_t constraint, bool write)
{
    struct flow *flow = &sim->flows[index];
    struct lock *lock = lock_of(sim, flow, constraint);
    sim->to->constraints[constraint].taken++;
    if (!lock->writer && lock->waiting.count == 0 && (!write || lock->readers == 0)) {
        grant(sim, lock, write);
        return true;
    }
    flow->wants_write = write;
    flow->since = sim->now;
    append(sim, &lock->waiting, index);
    return false;
}

static void give(struct sim *sim, const struct flow *flow, uint32_t constraint, bool write)
{
    struct lock *lock = lock_of(sim, flow, constraint);
    if (write)
        lock->writer = false;
    else
        lock->readers--;
    if (lock->readers > 0)
        return;
    sim->to->constraints[constraint].held += sim->now - lock->since;
    while (lock->waiting.count > 0 && !lock->writer) {
        struct flow *first = &sim->flows[lock->waiting.head];
        if (first->wants_write && lock->readers > 0)
            break;
        uint32_t index = pop(sim, &lock->waiting);
        sim->to->constraints[constraint].waited += sim->now - first->since;
        grant(sim, lock, first->wants_write);
        make_ready(sim, index);
    }
}

#endif

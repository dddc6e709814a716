/* guard.h - the smallest lock: for a few instructions that never block, on one word, zero at first.
 *
 * A pthread_mutex_t in every constraint of every session would cost 40 bytes each. The word is 0
 * when free, 1 when held, 2 when held and somebody may sleep for it (Drepper, "Futexes Are Tricky",
 * mutex 2); a holder is waited for by spinning a little before sleeping.
 */
#ifndef FLUXI_GUARD_H
#define FLUXI_GUARD_H

#include <stdatomic.h>

void fluxi_guard_wait(atomic_uint *guard);
void fluxi_guard_wake(atomic_uint *guard);

static inline void fluxi_guard_lock(atomic_uint *guard)
{
    unsigned free = 0;
    if (!atomic_compare_exchange_strong_explicit(guard, &free, 1, memory_order_acquire,
                                                 memory_order_relaxed))
        fluxi_guard_wait(guard);
}

static inline void fluxi_guard_unlock(atomic_uint *guard)
{
    if (atomic_exchange_explicit(guard, 0, memory_order_release) == 2)
        fluxi_guard_wake(guard);
}

/* Sleeps while *word is `value`, until woken, a signal, or for no reason. */
void fluxi_futex_wait(atomic_uint *word, unsigned value);
void fluxi_futex_wake(atomic_uint *word);

#endif

/* guard.c - the slow ways through a guard. */
#include "guard.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A guard is held for some tens of nanoseconds; longer means that its holder has lost the CPU. */
#define SPINS 64

static inline void pause_cpu(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void fluxi_futex_wait(atomic_uint *word, unsigned value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void fluxi_futex_wake(atomic_uint *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void fluxi_guard_wait(atomic_uint *guard)
{
    for (int i = 0; i < SPINS; i++) {
        unsigned free = 0;
        if (atomic_load_explicit(guard, memory_order_relaxed) == 0 &&
            /* raced: it fails when another thread takes it between look and exchange */
            atomic_compare_exchange_weak_explicit(guard, &free, 1, memory_order_acquire,
                                                  memory_order_relaxed))
            return;
        pause_cpu();
    }
    /* Taken as 2 from here on: another sleeper may exist, and one wake too many is harmless. */
    while (atomic_exchange_explicit(guard, 2, memory_order_acquire) != 0)
        fluxi_futex_wait(guard, 2);
}

void fluxi_guard_wake(atomic_uint *guard)
{
    fluxi_futex_wake(guard);
}

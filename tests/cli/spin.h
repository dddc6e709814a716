/* spin.h - keeps a core busy for so many nanoseconds of the thread's time on it, which stands still
 * where a loop goes on with other flows. */
#include <time.h>

static inline void spin(long ns)
{
    struct timespec begun, now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - begun.tv_sec) * 1000000000 + now.tv_nsec - begun.tv_nsec < ns);
}

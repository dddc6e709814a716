/* asleep.c - a loop that only sleeps: RATE times a second, COUNT times. Prints how late it wakes,
 * in microseconds: the 99th percentile. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define SECOND 1000000000L

static int compare(const void *a, const void *b)
{
    long one = *(const long *)a, other = *(const long *)b;
    return (one > other) - (one < other);
}

int main(int argc, char **argv)
{
    long rate = argc == 3 ? atol(argv[1]) : 0, count = argc == 3 ? atol(argv[2]) : 0;
    long *late = count > 0 ? calloc((size_t)count, sizeof *late) : NULL;
    struct timespec due, now;
    if (late == NULL || rate < 1) {
        fprintf(stderr, "usage: asleep RATE COUNT\n");
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    clock_gettime(CLOCK_MONOTONIC, &due);
    for (long i = 0; i < count; i++) {
        due.tv_nsec += SECOND / rate;
        due.tv_sec += due.tv_nsec / SECOND;
        due.tv_nsec %= SECOND;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        late[i] = (now.tv_sec - due.tv_sec) * SECOND + now.tv_nsec - due.tv_nsec;
    }
    qsort(late, (size_t)count, sizeof *late, compare);
    printf("%.1f\n", (double)late[count * 99 / 100] / 1e3);
    free(late);
    return 0;
}

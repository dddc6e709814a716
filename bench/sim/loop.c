/* loop.c - M/M/1 by hand: as little as a simulation can be. Arrivals and departures are events of a
 * heap, a queue of times, and a mean; no streams, no quantiles, no warm-up.
 *
 *      loop CUSTOMERS PENDING      PENDING more events that only come again
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct event {
    double at;
    int what;
};

enum { ARRIVAL, DEPARTURE, PENDING };

static struct event heap[1 << 16];
static int count;
static double queue[1 << 16];
static uint64_t state[4] = {1, 2, 3, 4};

/* xoshiro256+ (Blackman, Vigna 2018). */
static uint64_t rotated(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static double unit(void)
{
    uint64_t result = state[0] + state[3], shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 45);
    return ((double)(result >> 11) + 0.5) * 0x1p-53;
}

static double exponential(double mean)
{
    return -mean * log(unit());
}

static void put(double at, int what)
{
    int i = count++;
    for (int up; i > 0 && heap[up = (i - 1) / 4].at > at; i = up)
        heap[i] = heap[up];
    heap[i] = (struct event){at, what};
}

static struct event take(void)
{
    struct event first = heap[0], last = heap[--count];
    int i = 0;
    for (;;) {
        int child = 4 * i + 1, end = child + 4 < count ? child + 4 : count, best = child;
        if (child >= count)
            break;
        for (int k = child + 1; k < end; k++)
            if (heap[k].at < heap[best].at)
                best = k;
        if (heap[best].at >= last.at)
            break;
        heap[i] = heap[best];
        i = best;
    }
    heap[i] = last;
    return first;
}

int main(int argc, char **argv)
{
    long customers = argc > 1 ? atol(argv[1]) : 1000000, served = 0, events = 0;
    int pending = argc > 2 ? atoi(argv[2]) : 0;
    unsigned head = 0, tail = 0;
    double sum = 0;

    put(exponential(1 / 0.9), ARRIVAL);
    for (int i = 0; i < pending; i++)
        put(exponential(1000), PENDING);
    while (served < customers) {
        struct event event = take();
        events++;
        if (event.what == ARRIVAL) {
            if (head == tail)
                put(event.at + exponential(1), DEPARTURE);
            queue[tail++ & 0xffff] = event.at;
            put(event.at + exponential(1 / 0.9), ARRIVAL);
        } else if (event.what == DEPARTURE) {
            sum += event.at - queue[head++ & 0xffff];
            served++;
            if (head != tail)
                put(event.at + exponential(1), DEPARTURE);
        } else {
            put(event.at + exponential(1000), PENDING);
        }
    }
    printf("%ld %g\n", events, sum / (double)customers);
    return 0;
}

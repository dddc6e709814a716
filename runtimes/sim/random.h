/* random.h - independent streams of random numbers.
 *
 * A stream is a key, the seed, and a counter, of which a word each is the replication and what it
 * is for, the others the place in the stream, run through Philox4x32-10 (Salmon, Moraes, Dror,
 * Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011). So what one part of a model draws
 * does not depend on what another does: two machines that are compared see the same arrivals and
 * the same service times (common random numbers), and replications need not be run in order.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

#define SIM_BLOCKS 16 /* of four words, made at a time */

struct sim_random {
    uint32_t key[2];
    uint64_t counter;
    uint32_t purpose, replication;
    unsigned used;
    uint64_t words[2 * SIM_BLOCKS];
};

/* A purpose, up to 15, for each of up to 2^28 sources or nodes. */
#define SIM_STREAM(purpose, index) ((uint32_t)(purpose) << 28 | (uint32_t)(index))

void sim_random_start(struct sim_random *random, uint64_t seed, uint32_t replication,
                      uint32_t purpose);
void sim_random_refill(struct sim_random *random);

static inline uint64_t sim_random_bits(struct sim_random *random)
{
    if (random->used == 2 * SIM_BLOCKS)
        sim_random_refill(random);
    return random->words[random->used++];
}

/* In [0, 1), of 53 bits. */
static inline double sim_random_unit(struct sim_random *random)
{
    return (double)(sim_random_bits(random) >> 11) * 0x1p-53;
}

/* Of mean 1, by the ziggurat of Marsaglia and Tsang (J. Stat. Software 5 (8), 2000), with 256
 * layers. */
extern double sim_ziggurat_x[257], sim_ziggurat_y[257];
double sim_random_exponential_tail(struct sim_random *random, unsigned layer, double x);

static inline double sim_random_exponential(struct sim_random *random)
{
    uint64_t bits = sim_random_bits(random);
    unsigned layer = bits & 255;
    double x = (double)(bits >> 11) * 0x1p-53 * sim_ziggurat_x[layer];
    if (__builtin_expect(x < sim_ziggurat_x[layer + 1], 1))
        return x;
    return sim_random_exponential_tail(random, layer, x);
}

/* Standard normal. */
double sim_random_normal(struct sim_random *random);

/* Once, before any stream is used. */
void sim_random_prepare(void);

#endif

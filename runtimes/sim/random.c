#include "random.h"

#include <Random123/philox.h>
#include <math.h>

double sim_ziggurat_x[257], sim_ziggurat_y[257];

/* Where the tail begins, and the area of each layer, for 256 of them. */
#define TAIL 7.69711747013104972
#define AREA 3.9496598225815571993e-3

void sim_random_prepare(void)
{
    double *x = sim_ziggurat_x, *y = sim_ziggurat_y;
    /* The lowest layer is as wide as if it were a rectangle; above its tail stand the others. */
    x[0] = AREA / exp(-TAIL);
    x[1] = TAIL;
    y[0] = 0;
    y[1] = exp(-TAIL);
    for (int i = 2; i < 256; i++) {
        y[i] = y[i - 1] + AREA / x[i - 1];
        x[i] = -log(y[i]);
    }
    x[256] = 0;
    y[256] = 1;
}

void sim_random_start(struct sim_random *random, uint64_t seed, uint32_t replication,
                      uint32_t purpose)
{
    *random = (struct sim_random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                                  .replication = replication,
                                  .purpose = purpose,
                                  .used = 2 * SIM_BLOCKS};
}

void sim_random_refill(struct sim_random *random)
{
    philox4x32_key_t key = {{random->key[0], random->key[1]}};
    for (unsigned i = 0; i < SIM_BLOCKS; i++) {
        uint64_t count = random->counter++;
        philox4x32_ctr_t counter = {
            {(uint32_t)count, (uint32_t)(count >> 32), random->purpose, random->replication}};
        philox4x32_ctr_t made = philox4x32(counter, key);
        random->words[2 * i] = (uint64_t)made.v[1] << 32 | made.v[0];
        random->words[2 * i + 1] = (uint64_t)made.v[3] << 32 | made.v[2];
    }
    random->used = 0;
}

double sim_random_exponential_tail(struct sim_random *random, unsigned layer, double x)
{
    for (;;) {
        if (layer == 0) /* an exponential is the same beyond any point */
            return TAIL - log1p(-sim_random_unit(random));
        double low = sim_ziggurat_y[layer], high = sim_ziggurat_y[layer + 1];
        if (low + sim_random_unit(random) * (high - low) < exp(-x))
            return x;
        uint64_t bits = sim_random_bits(random);
        layer = bits & 255;
        x = (double)(bits >> 11) * 0x1p-53 * sim_ziggurat_x[layer];
        if (x < sim_ziggurat_x[layer + 1])
            return x;
    }
}

/* Box and Muller; one of the two is left. */
double sim_random_normal(struct sim_random *random)
{
    double radius = sqrt(2 * sim_random_exponential(random));
    return radius * cos(2 * 3.14159265358979323846 * sim_random_unit(random));
}

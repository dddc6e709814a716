/* latencies_fuzz.c - histograms as they come out of a database that somebody else may have written:
 * refused, or the same once they are packed again. */
#include "latencies.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct latencies latencies = {0}, again = {0};
    unsigned char packed[LATENCIES_PACKED];
    if (!latencies_unpack(&latencies, data, size))
        return 0;
    latencies.max = UINT64_MAX;
    if (latencies_quantile(&latencies, 0.5) > latencies_quantile(&latencies, 0.99))
        abort();
    size_t length = latencies_pack(&latencies, packed);
    if (!latencies_unpack(&again, packed, length) ||
        memcmp(again.buckets, latencies.buckets, sizeof again.buckets) != 0)
        abort();
    return 0;
}

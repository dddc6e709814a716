/* histogram_fuzz.c - histograms as they come out of a database that somebody else may have written:
 * refused, or the same once they are packed again. */
#include "histogram.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct histogram histogram = {0}, again = {0};
    unsigned char packed[HISTOGRAM_PACKED];
    if (!histogram_unpack(&histogram, data, size))
        return 0;
    histogram.most = UINT64_MAX;
    if (histogram_at(&histogram, 0.5) > histogram_at(&histogram, 0.99))
        abort();
    size_t length = histogram_pack(&histogram, packed);
    if (!histogram_unpack(&again, packed, length) ||
        memcmp(again.classes, histogram.classes, sizeof again.classes) != 0)
        abort();
    return 0;
}

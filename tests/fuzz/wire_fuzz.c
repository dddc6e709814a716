/* wire_fuzz.c - what a peer sends, with a handshake in front where the first byte is odd. However
 * it is cut, the same messages are read. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LONGEST 1000

struct seen {
    int error;
    uint64_t sum;
    size_t count, used;
};

static uint64_t digest(const struct wire_message *message)
{
    uint64_t sum = (uint64_t)message->kind * 31 + message->piece;
    sum = sum * 31 + message->begin + message->length + message->extended;
    for (uint32_t i = 0; message->data != NULL && i < message->size; i++)
        sum = sum * 31 + message->data[i];
    return sum;
}

/* With `step` more bytes at a time. */
static struct seen read_all(const uint8_t *data, size_t size, bool handshake, size_t step)
{
    struct seen seen = {0};
    for (size_t there = 0; seen.error == 0;) {
        there = size - there < step ? size : there + step;
        for (;;) {
            struct wire_message message;
            size_t used, left = there - seen.used;
            uint8_t *copy = malloc(left > 0 ? left : 1); /* nothing beyond it is read */
            if (copy == NULL)
                abort();
            memcpy(copy, data + seen.used, left);
            seen.error = wire_next(copy, left, handshake, LONGEST, &message, &used);
            if (used > left || (message.kind == WIRE_NOTHING && used != 0))
                abort();
            bool more = seen.error == 0 && message.kind != WIRE_NOTHING;
            if (more)
                seen.sum = seen.sum * 31 + digest(&message);
            free(copy);
            if (!more)
                break;
            seen.used += used;
            seen.count++;
            handshake = false;
        }
        if (there == size)
            break;
    }
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool handshake = data[0] % 2 == 1;
    struct seen whole = read_all(data + 2, size - 2, handshake, size);
    struct seen parts = read_all(data + 2, size - 2, handshake, data[1] % 32 + 1u);
    if (whole.error != parts.error || whole.count != parts.count || whole.sum != parts.sum ||
        whole.used != parts.used)
        abort();
    return 0;
}

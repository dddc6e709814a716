/* http_response_fuzz.c - responses as they come from any server. The first byte says whether they
 * answer HEAD. However a stream of bytes is cut, it has to be read as the same responses. */
#include "http_response.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RESPONSES 8

static void require(bool condition)
{
    if (!condition)
        abort();
}

struct reading {
    size_t count; /* of whole responses */
    bool refused;
    struct {
        unsigned status;
        uint64_t body;
        bool keep_alive;
        size_t end;
    } responses[RESPONSES];
};

/* Each piece is in memory of its own, so that a sanitizer sees whoever reads beyond. */
static void read_all(struct reading *to, const uint8_t *data, size_t size, size_t step, bool head)
{
    struct http_response response = {0};
    size_t at = 0;
    *to = (struct reading){0};
    http_response_begin(&response, head);
    while (at < size && to->count < RESPONSES) {
        size_t piece = size - at < step ? size - at : step, used;
        char *copy = malloc(piece);
        require(copy != NULL);
        memcpy(copy, data + at, piece);
        int error = http_response_take(&response, copy, piece, &used);
        free(copy);
        require(used <= piece && (used == piece || error != 0 || response.whole));
        at += used;
        if (error != 0) {
            to->refused = true;
            break;
        }
        if (response.whole) {
            require(response.head == NULL && response.body <= size);
            to->responses[to->count].status = response.status;
            to->responses[to->count].body = response.body;
            to->responses[to->count].keep_alive = response.keep_alive;
            to->responses[to->count++].end = at;
            http_response_begin(&response, head);
        }
    }
    if (!to->refused && http_response_ended(&response))
        require(response.until_close && !response.keep_alive);
    http_response_drop(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole, cut;
    if (size < 2)
        return 0;
    bool head = data[0] % 2 != 0;
    read_all(&whole, data + 1, size - 1, size, head);
    for (size_t step = 1; step < size; step = 3 * step + data[1] % 5) {
        read_all(&cut, data + 1, size - 1, step, head);
        require(memcmp(&whole, &cut, sizeof whole) == 0);
    }
    return 0;
}

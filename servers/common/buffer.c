#include "buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 4096 /* by an empty buffer */

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
    if (buffer->failed || size > SIZE_MAX / 4 - buffer->used) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->used + size > buffer->room) {
        size_t room = buffer->room > 0 ? buffer->room : 64;
        while (room < buffer->used + size)
            room *= 2;
        uint8_t *grown = realloc(buffer->data, room);
        if (grown == NULL) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = grown;
        buffer->room = room;
    }
    buffer->used += size;
    return buffer->data + buffer->used - size;
}

void buffer_add(struct buffer *buffer, const void *data, size_t size)
{
    uint8_t *to = buffer_extend(buffer, size);
    if (to != NULL && size > 0)
        memcpy(to, data, size);
}

void buffer_add_u32(struct buffer *buffer, uint32_t value)
{
    uint8_t *to = buffer_extend(buffer, 4);
    for (int i = 0; to != NULL && i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

void buffer_add_number(struct buffer *buffer, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    buffer_add(buffer, text, (size_t)length);
}

const uint8_t *buffer_rest(const struct buffer *buffer, size_t *size)
{
    *size = buffer->used - buffer->taken;
    return buffer->data + buffer->taken;
}

size_t buffer_left(const struct buffer *buffer)
{
    return buffer->used - buffer->taken;
}

void buffer_take(struct buffer *buffer, size_t size)
{
    buffer->taken += size;
    if (buffer->taken < buffer->used)
        return;
    buffer->used = buffer->taken = 0;
    if (buffer->room > KEPT)
        buffer_free(buffer);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.failed = buffer->failed};
}

/* buffer.h - bytes that are added at the end and taken from the front.
 *
 * It grows as needed. Where there is no memory it remembers that, so a caller that adds many small
 * things looks once, at the end.
 */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /* from malloc */
    size_t used, room;
    size_t taken; /* of `used`, from the front */
    bool failed;  /* something could not be added, for lack of memory */
};

/* Room for `size` bytes, which are counted as used; NULL where there is none. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);
void buffer_add(struct buffer *buffer, const void *data, size_t size);
void buffer_add_u32(struct buffer *buffer, uint32_t value); /* big end first */
/* Decimal. */
void buffer_add_number(struct buffer *buffer, int64_t value);

/* What has not been taken. */
const uint8_t *buffer_rest(const struct buffer *buffer, size_t *size);
/* Takes some of it. An empty buffer begins anew, and gives back what is more than a page. */
void buffer_take(struct buffer *buffer, size_t size);
size_t buffer_left(const struct buffer *buffer);

void buffer_free(struct buffer *buffer);

#endif

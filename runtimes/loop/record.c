/* record.c - the table of a loop's records: open addressing with linear probing (Knuth, The Art of
 * Computer Programming, volume 3, section 6.4, algorithms L and R). */
#include "loop/record.h"

#include <errno.h>
#include <stdlib.h>

#define SIZE_MIN 64u

static unsigned home_of(const struct records *records, int fd)
{
    return ((unsigned)fd * 0x9E3779B1u >> 7) & (records->size - 1); /* Fibonacci hashing */
}

static struct record *entries_new(unsigned size)
{
    struct record *entries = malloc(size * sizeof *entries);
    for (unsigned i = 0; entries && i < size; i++)
        entries[i] = (struct record){.fd = -1};
    return entries;
}

/* The entry of this number, or the empty one where it belongs. */
static struct record *seek(const struct records *records, int fd)
{
    unsigned place = home_of(records, fd);
    while (records->entries[place].fd != fd && records->entries[place].fd >= 0)
        place = (place + 1) & (records->size - 1);
    return &records->entries[place];
}

static bool resize(struct records *records, unsigned size)
{
    struct records old = *records;
    struct record *entries = entries_new(size);
    if (!entries)
        return false;
    records->entries = entries;
    records->size = size;
    for (unsigned i = 0; i < old.size; i++)
        if (old.entries[i].fd >= 0)
            *seek(records, old.entries[i].fd) = old.entries[i];
    free(old.entries);
    return true;
}

int fluxi_records_start(struct loop *loop)
{
    return resize(&loop->records, SIZE_MIN) ? 0 : ENOMEM;
}

void fluxi_records_free(struct loop *loop)
{
    free(loop->records.entries);
    loop->records = (struct records){0};
}

struct record *fluxi_record_find(struct loop *loop, int fd)
{
    if (fd < 0)
        return NULL;
    struct record *record = seek(&loop->records, fd);
    return record->fd >= 0 ? record : NULL;
}

struct record *fluxi_record_make(struct loop *loop, int fd)
{
    struct records *records = &loop->records;
    struct record *record = seek(records, fd);
    if (record->fd >= 0)
        return record;
    if (records->count + 1 > records->size / 4 * 3) {
        if (!resize(records, 2 * records->size))
            return NULL;
        record = seek(records, fd);
    }
    *record = (struct record){.fd = fd};
    records->count++;
    return record;
}

/* Whoever was pushed on past the hole moves into it, and leaves another one. */
static void close_hole(struct records *records, unsigned hole)
{
    unsigned mask = records->size - 1, place = hole;
    for (;;) {
        place = (place + 1) & mask;
        struct record *record = &records->entries[place];
        if (record->fd < 0)
            break;
        unsigned home = home_of(records, record->fd);
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            records->entries[hole] = *record;
            hole = place;
        }
    }
    records->entries[hole] = (struct record){.fd = -1};
}

void fluxi_record_remove(struct loop *loop, struct record *record)
{
    struct records *records = &loop->records;
    close_hole(records, (unsigned)(record - records->entries));
    records->count--;
    if (records->size > SIZE_MIN && records->count < records->size / 8)
        resize(records, records->size / 2); /* without memory it stays as it is */
}

/* record.h - what a loop knows of the descriptors that it waits for: a hash table of its own, whose
 * entries move when one is made or removed. It holds open descriptors only, so its size depends on
 * how many the loop uses, and not on how many the process has. */
#ifndef FLUXI_RECORD_H
#define FLUXI_RECORD_H

#include "loop/loop.h"

struct record {
    int fd;              /* -1: the entry is empty */
    uint32_t generation; /* of the number, see descriptor.c */
    uint32_t settings;   /* what fluxi_descriptor_settings said when it was plain; 0: not known */
    uint16_t armed;      /* events of which the poller reports */
    uint8_t kind;        /* enum fluxi_kind */
    bool unclaimed;      /* the last event was for nobody */
    struct flux_flow *flows; /* awaits; the head's prev is the tail */
    struct wait *waits;      /* blocked calls, likewise */
};

int fluxi_records_start(struct loop *loop);
void fluxi_records_free(struct loop *loop);
/* NULL: there is none. */
struct record *fluxi_record_find(struct loop *loop, int fd);
/* Finds or makes it; NULL: no memory. */
struct record *fluxi_record_make(struct loop *loop, int fd);
/* Nobody may wait in it any more. */
void fluxi_record_remove(struct loop *loop, struct record *record);

#endif

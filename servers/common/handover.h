/* handover.h - things that one flow leaves for another: a queue that a source takes them from.
 *
 * A pipe: what is written into it in one piece of at most PIPE_BUF bytes comes out in one, in
 * order, whoever writes, and a source that waits for more is interrupted at the stop as in any
 * other call.
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stdatomic.h>
#include <stddef.h>

struct handover {
    int in, out;
    size_t size; /* of a thing */
    /* What a thing points to was written before it was put, and is read after it was taken: the
     * kernel sees to that, and this says so in C. */
    atomic_uint put;
};

#define HANDOVER_CLOSED                                                                            \
    {                                                                                              \
        .in = -1, .out = -1                                                                        \
    }

/* Returns 0 or an error number. */
int handover_open(struct handover *handover, size_t size);
void handover_close(struct handover *handover);

/* Never waits: EAGAIN where the queue is full, as it is with some thousands. */
int handover_put(struct handover *handover, const void *thing);
/* Waits for the next one. EINTR where the source is to end. */
int handover_take(struct handover *handover, void *thing);
/* The next one if there is one: EAGAIN otherwise. For `final`. */
int handover_try(struct handover *handover, void *thing);

#endif

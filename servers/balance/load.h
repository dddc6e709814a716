/* load.h - what one direction has received and not sent yet: bytes in a block of memory, or pages
 * in a pipe.
 *
 * A direction has no load while there is nothing to be sent, so an idle connection has none. Blocks
 * suit what is short: one call receives it, one sends it. Long streams go through a pipe
 * (splice(2)): pages move from one socket to the other, and nothing is copied. Pipes cost
 * descriptors, so there is a bounded number of them, and who finds none goes on with blocks.
 *
 * Nothing here waits. Functions return 0 or an error number.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_BLOCK ((size_t)64 * 1024)
#define LOAD_PIPE  ((size_t)256 * 1024)

struct load {
    size_t begin, end; /* what is there: in bytes[], or only their number in a pipe */
    int pipe[2];       /* -1: a block */
    unsigned char bytes[];
};

/* How many pipes there may be. */
void loads_start(unsigned pipes);
void loads_end(void);

/* Receives what there is, into a load that is made for it: *got bytes, 0 where there is nothing
 * yet. *ended: and there will be nothing more. */
int load_receive(struct load **load, int from, bool by_pipe, size_t *got, bool *ended);

/* Sends as much as goes. *load is NULL when that was all. */
int load_send(struct load **load, int to);

/* Throws it away. */
void load_drop(struct load **load);

#endif

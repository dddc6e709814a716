/* kit.h - what the nodes of a random program call. nodes.py writes them, a few lines each, with the
 * tables of their program; all they do is in kit.c.
 */
#ifndef KIT_H
#define KIT_H

#include <stdint.h>

enum kit_wait { KIT_NOTHING, KIT_YIELD, KIT_SLEEP, KIT_PIPE, KIT_POLL, KIT_MEET };

struct kit_node {
    const char *name;
    unsigned fails; /* for so many of 16 hashes */
    int code;
    enum kit_wait wait;
    const char *outputs; /* a letter for each: trip, a b c, word, fd, limit, x for a code */
};

struct kit_predicate {
    const char *name;
    unsigned holds; /* for so many of 8 values; of an int: for negative ones */
};

struct kit_source {
    const char *name;
    unsigned flows;
};

struct kit_program {
    const struct kit_node *nodes;
    unsigned node_count;
    const struct kit_predicate *predicates;
    const struct kit_source *sources;
    unsigned source_count;
    const char *const *constraints;
    unsigned constraint_count;
    int late, sockets; /* what awaits are like, and what of */
    int mail;          /* a source of its own delivers letters */
};

struct trip;

/* Before main: what program this is. Reads the file `plan`. */
void kit_register(const struct kit_program *program);

/* A source's first node: the next of its flows begins, or FLUX_STOP. */
int kit_source(unsigned source, unsigned node, uint64_t *outputs, struct trip **trip);

/* Any other node. trip: the one it was given, NULL: none. Descriptors among inputs have gone
 * through kit_kind. */
int kit_call(unsigned node, const struct trip *given, const uint64_t *inputs, unsigned count,
             uint64_t *outputs, struct trip **trip);

uint64_t kit_kind(int fd);
int kit_test(unsigned predicate, uint64_t value);
int kit_test_int(unsigned predicate, int value);
int kit_test_trip(unsigned predicate, const struct trip *trip);
uint64_t kit_session(void);
int kit_edge(int final);
int kit_mail(uint64_t *letter);
int kit_deliver(uint64_t letter);

#endif

/* queue.h - connections on their way from one thread to others. */
#ifndef QUEUE_H
#define QUEUE_H

#include "connection.h"

#include <pthread.h>
#include <stddef.h>

/* Connections in their order; `end` points to the last `next`. */
struct chain {
    struct connection *first;
    struct connection **end;
};

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct chain chain;
    size_t waiting; /* threads */
};

void chain_init(struct chain *chain);
void chain_add(struct chain *chain, struct connection *connection);

void queue_init(struct queue *queue);

/* Appends all of a chain, under one lock, and wakes a thread that waits. The chain is empty then.
 */
void queue_put(struct queue *queue, struct chain *chain);

/* Wait for connections and take the first, or all. The one who takes the first wakes the next
 * thread if there are more. */
struct connection *queue_take(struct queue *queue);
struct connection *queue_take_all(struct queue *queue);

#endif

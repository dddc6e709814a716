#include "queue.h"

void chain_init(struct chain *chain)
{
    chain->first = NULL;
    chain->end = &chain->first;
}

void chain_add(struct chain *chain, struct connection *connection)
{
    connection->next = NULL;
    *chain->end = connection;
    chain->end = &connection->next;
}

void queue_init(struct queue *queue)
{
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->filled, NULL);
    chain_init(&queue->chain);
    queue->waiting = 0;
}

void queue_put(struct queue *queue, struct chain *chain)
{
    size_t waiting;

    if (chain->first == NULL)
        return;
    pthread_mutex_lock(&queue->mutex);
    *queue->chain.end = chain->first;
    queue->chain.end = chain->end;
    waiting = queue->waiting;
    pthread_mutex_unlock(&queue->mutex);
    chain_init(chain);
    if (waiting > 0)
        pthread_cond_signal(&queue->filled);
}

/* Returns with the mutex locked. */
static void wait_for_connections(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    while (queue->chain.first == NULL) {
        queue->waiting++;
        pthread_cond_wait(&queue->filled, &queue->mutex);
        queue->waiting--;
    }
}

struct connection *queue_take(struct queue *queue)
{
    struct connection *connection;
    bool more;

    wait_for_connections(queue);
    connection = queue->chain.first;
    queue->chain.first = connection->next;
    if (queue->chain.first == NULL)
        chain_init(&queue->chain);
    more = queue->chain.first != NULL && queue->waiting > 0;
    pthread_mutex_unlock(&queue->mutex);
    if (more)
        pthread_cond_signal(&queue->filled);
    return connection;
}

struct connection *queue_take_all(struct queue *queue)
{
    struct connection *first;

    wait_for_connections(queue);
    first = queue->chain.first;
    chain_init(&queue->chain);
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

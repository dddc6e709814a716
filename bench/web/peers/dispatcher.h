/* dispatcher.h - the thread of a server that waits for all connections, for others to serve. */
#ifndef DISPATCHER_H
#define DISPATCHER_H

#include "queue.h"

/* The epoll of the dispatcher; a connection that is served comes back to it by connection_watch. */
int dispatcher_epoll(void);

/* Before the threads that serve are started. */
void dispatcher_prepare(int listener);

/* Accepts connections, and puts those that can be received from into the queue, all that have
 * become ready together as one chain. Does not return. The listener does not block. */
void dispatcher_run(struct queue *ready);

#endif

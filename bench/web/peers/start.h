/* start.h - how each of the hand-written servers starts: options, files, socket, and its end. */
#ifndef START_H
#define START_H

#include <stddef.h>

struct start {
    size_t workers;  /* --workers N */
    size_t sendfile; /* --sendfile B: responses from this size on are sent with sendfile */
};

/* Reads the options, to which --listen PORT and --root DIR belong, loads the files and returns the
 * listening socket of 127.0.0.1, after 'listening on ...' has been printed. SIGPIPE is ignored;
 * SIGTERM ends the program with status 0. Whatever fails ends it with status 1. Options that the
 * server does not have are those whose field is 0 before. */
int start(int argc, char **argv, struct start *start, int socket_flags);

/* Another listening socket for the same port: the kernel spreads connections over them. */
int start_another(int listener, int socket_flags);

/* Threads that all run this; ends the program if there can be none. */
void start_threads(size_t count, void *(*run)(void *), void *argument);

#endif

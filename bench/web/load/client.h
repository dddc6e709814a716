/* client.h - what the load generators share: connections to 127.0.0.1, and one response from each.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that is never set. */
int64_t client_now(void);

/* A connected socket; -1 with errno. `source`: an address of 127.0.0.0/8 in host order, 0: any. A
 * server has many more connections when they come from several addresses than from one, which has
 * 28,000 ports. */
int client_connect(int port, uint32_t source);

/* GET of a path in the buffer, with a further line of the head or "". Its size; 0 if it does not
 * fit.
 */
size_t client_request(char *buffer, size_t size, const char *path, const char *line);

/* A response that arrives piece by piece. To be zero at first, and again before the next. */
struct client_response {
    size_t received;
    size_t size;     /* head and body, 0 before the head is known */
    char head[1024]; /* its first bytes */
};

enum client_state { CLIENT_WAITS, CLIENT_WHOLE, CLIENT_WRONG };

/* Takes the next bytes, of which nothing may be behind the response. WRONG: not 200, no
 * Content-Length, a head that is too long, or bytes that are too many. */
enum client_state client_take(struct client_response *response, const char *bytes, size_t size);

#endif

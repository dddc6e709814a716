/* proxy_protocol.h - how a proxy tells the server behind it who the client is: the PROXY protocol,
 * version 2 (https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt, section 2.2).
 */
#ifndef PROXY_PROTOCOL_H
#define PROXY_PROTOCOL_H

#include <stddef.h>
#include <sys/socket.h>

#define PROXY_PROTOCOL_SIZE 52

/* The header for a connection that came from `client` to `local`, over TCP. Returns its length, 16
 * (nothing is known: LOCAL), 28 or 52. */
size_t proxy_protocol_write(unsigned char header[PROXY_PROTOCOL_SIZE],
                            const struct sockaddr_storage *client,
                            const struct sockaddr_storage *local);

#endif

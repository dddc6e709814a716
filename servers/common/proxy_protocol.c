#include "proxy_protocol.h"

#include <netinet/in.h>
#include <string.h>

#define VERSION_PROXY 0x21
#define VERSION_LOCAL 0x20
#define TCP4          0x11
#define TCP6          0x21
#define PREFIX        16

static const unsigned char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

size_t proxy_protocol_write(unsigned char header[PROXY_PROTOCOL_SIZE],
                            const struct sockaddr_storage *client,
                            const struct sockaddr_storage *local)
{
    unsigned char *at = header + PREFIX;
    memcpy(header, signature, sizeof signature);
    header[12] = VERSION_PROXY;
    if (client->ss_family == AF_INET && local->ss_family == AF_INET) {
        const struct sockaddr_in *from = (const void *)client, *to = (const void *)local;
        header[13] = TCP4;
        memcpy(at, &from->sin_addr, 4);
        memcpy(at + 4, &to->sin_addr, 4);
        memcpy(at + 8, &from->sin_port, 2);
        memcpy(at + 10, &to->sin_port, 2);
        at += 12;
    } else if (client->ss_family == AF_INET6 && local->ss_family == AF_INET6) {
        const struct sockaddr_in6 *from = (const void *)client, *to = (const void *)local;
        header[13] = TCP6;
        memcpy(at, &from->sin6_addr, 16);
        memcpy(at + 16, &to->sin6_addr, 16);
        memcpy(at + 32, &from->sin6_port, 2);
        memcpy(at + 34, &to->sin6_port, 2);
        at += 36;
    } else {
        header[12] = VERSION_LOCAL;
        header[13] = 0;
    }
    header[14] = 0;
    header[15] = (unsigned char)(at - header - PREFIX);
    return (size_t)(at - header);
}

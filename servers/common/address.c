#include "address.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* getaddrinfo takes what it can of a number that is too large, and strtoul a sign. */
static int is_port(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < ADDRESS_PORT_SIZE && strspn(text, "0123456789") == length &&
           strtoul(text, NULL, 10) <= UINT16_MAX;
}

int address_split(const char *address, char host[ADDRESS_HOST_SIZE], char port[ADDRESS_PORT_SIZE])
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || !is_port(colon + 1))
        return EINVAL;
    size_t length = (size_t)(colon - address);
    if (length >= 2 && address[0] == '[' && colon[-1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length) != NULL) {
        return EINVAL;
    }
    if (length >= ADDRESS_HOST_SIZE)
        return EINVAL;
    memcpy(host, address, length);
    host[length] = '\0';
    strcpy(port, colon + 1);
    return 0;
}

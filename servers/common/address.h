/* address.h - ADDR:PORT, as options and others give it, taken apart. Nothing is looked up. */
#ifndef ADDRESS_H
#define ADDRESS_H

#define ADDRESS_HOST_SIZE 256
#define ADDRESS_PORT_SIZE 16

/* Splits ADDR:PORT at its last colon, and takes the brackets off an address of IPv6, which has to
 * have them. The host may be empty; the port is a number up to 65535, in digits. EINVAL where that
 * is not so; then neither is set. */
int address_split(const char *address, char host[ADDRESS_HOST_SIZE], char port[ADDRESS_PORT_SIZE]);

#endif

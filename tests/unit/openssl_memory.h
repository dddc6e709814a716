/* openssl_memory.h - the memory that OpenSSL has, and how it runs out, in unit tests. */
#ifndef OPENSSL_MEMORY_H
#define OPENSSL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Before anything else is done with OpenSSL; false where it is too late. */
bool openssl_memory_watch(void);

/* In use: allocations, and about how many bytes they are, as the C library rounds. */
extern size_t openssl_blocks, openssl_bytes;

/* How many of its allocations still succeed; negative: all. */
extern int openssl_allocations_left;

#endif

#include "openssl_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

size_t openssl_blocks, openssl_bytes;
int openssl_allocations_left = -1;

static bool may_allocate(void)
{
    if (openssl_allocations_left > 0)
        openssl_allocations_left--;
    else if (openssl_allocations_left == 0)
        return false;
    return true;
}

static void *watch_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    void *memory = may_allocate() ? malloc(size) : NULL;
    openssl_blocks += memory != NULL;
    openssl_bytes += malloc_usable_size(memory);
    return memory;
}

static void *watch_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    size_t before = malloc_usable_size(old);
    void *memory = may_allocate() ? realloc(old, size) : NULL;
    if (memory != NULL) {
        openssl_blocks += old == NULL;
        openssl_bytes += malloc_usable_size(memory) - before;
    }
    return memory;
}

static void watch_free(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    openssl_blocks -= memory != NULL;
    openssl_bytes -= malloc_usable_size(memory);
    free(memory);
}

bool openssl_memory_watch(void)
{
    return CRYPTO_set_mem_functions(watch_malloc, watch_realloc, watch_free) == 1;
}

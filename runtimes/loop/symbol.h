/* symbol.h - names of the program's own functions, for the report of a crash. All of it may be
 * called in a signal handler: it uses system calls alone. */
#ifndef FLUXI_SYMBOL_H
#define FLUXI_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols {
    const char *file; /* the executable, mapped */
    size_t size;
    uintptr_t bias;    /* added to an address of the file it gives one of the process */
    const void *table; /* ELF symbols */
    size_t count;
    const char *names;
    size_t names_size;
};

struct symbol {
    const char *name;
    uintptr_t start, end;
};

/* False: the executable cannot be read, or is stripped. */
bool fluxi_symbols_open(struct symbols *symbols);
void fluxi_symbols_close(struct symbols *symbols);
/* False: the address is in no function of the executable. */
bool fluxi_symbol_find(const struct symbols *symbols, uintptr_t address, struct symbol *found);

#endif

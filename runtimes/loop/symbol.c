/* symbol.c - reads the symbol table of the executable (ELF, System V ABI, chapter 4). It is trusted
 * as far as the program that the kernel has loaded from the same file, but not beyond its size. */
#include "loop/symbol.h"

#include "loop/calls.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Where the executable's first bytes were loaded; the linker defines it. */
extern const char __ehdr_start __attribute__((visibility("hidden"), weak));

static const void *at(const struct symbols *symbols, uint64_t offset, uint64_t size)
{
    if (offset > symbols->size || size > symbols->size - offset)
        return NULL;
    return symbols->file + offset;
}

static bool read_tables(struct symbols *symbols)
{
    const ElfW(Ehdr) *header = at(symbols, 0, sizeof *header);
    if (!header || &__ehdr_start == NULL)
        return false;
    const ElfW(Phdr) *segments =
        at(symbols, header->e_phoff, (uint64_t)header->e_phnum * sizeof *segments);
    const ElfW(Shdr) *sections =
        at(symbols, header->e_shoff, (uint64_t)header->e_shnum * sizeof *sections);
    if (!segments || !sections)
        return false;
    for (unsigned i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0)
            symbols->bias = (uintptr_t)&__ehdr_start - segments[i].p_vaddr;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum)
            continue;
        const ElfW(Shdr) *names = &sections[sections[i].sh_link];
        symbols->table = at(symbols, sections[i].sh_offset, sections[i].sh_size);
        symbols->count = sections[i].sh_size / sizeof(ElfW(Sym));
        symbols->names = at(symbols, names->sh_offset, names->sh_size);
        symbols->names_size = names->sh_size;
        return symbols->table && symbols->names;
    }
    return false; /* stripped */
}

bool fluxi_symbols_open(struct symbols *symbols)
{
    *symbols = (struct symbols){.file = NULL};
    struct stat status;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        void *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (file != MAP_FAILED) {
            symbols->file = file;
            symbols->size = (size_t)status.st_size;
        }
    }
    REAL(close)(fd);
    if (symbols->file && read_tables(symbols))
        return true;
    fluxi_symbols_close(symbols);
    return false;
}

void fluxi_symbols_close(struct symbols *symbols)
{
    if (symbols->file)
        munmap((void *)(uintptr_t)symbols->file, symbols->size);
    *symbols = (struct symbols){.file = NULL};
}

bool fluxi_symbol_find(const struct symbols *symbols, uintptr_t address, struct symbol *found)
{
    const ElfW(Sym) *table = symbols->table;
    uintptr_t wanted = address - symbols->bias;
    for (size_t i = 0; i < symbols->count; i++) {
        if ((table[i].st_info & 15) != STT_FUNC || wanted - table[i].st_value >= table[i].st_size ||
            table[i].st_name >= symbols->names_size)
            continue;
        found->name = symbols->names + table[i].st_name;
        found->start = table[i].st_value + symbols->bias;
        found->end = found->start + table[i].st_size;
        return true;
    }
    return false;
}

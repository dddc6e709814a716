/* source.h - the texts of a compilation, and positions in them.
 *
 * A span is a range of bytes in one file. Line and column are found from a per-file table of line
 * starts only when a diagnostic or a #line needs them. Columns count from 1, in bytes of UTF-8 as
 * gcc does; a tab is one column.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_file {
    const char *name; /* as given on the command line, or as found along -I: never made absolute */
    const char *text; /* `size` bytes and a NUL; NULs may be inside */
    size_t size;
    unsigned index;
    const uint32_t *lines; /* start of each line */
    unsigned line_count;
};

struct arena;

/* Reads a file, or a pipe to its end, into the arena. NULL with *error an errno value when it
 * cannot be read, is a folder (EISDIR) or is larger than positions can say (EFBIG). index: its
 * place among the files of the compilation, which is the order of diagnostics. */
const struct source_file *source_read(struct arena *arena, const char *name, unsigned index,
                                      int *error);

/* The same of a text in memory, which is copied. size: at most SOURCE_MAX. */
#define SOURCE_MAX ((size_t)16 << 20)
const struct source_file *source_of_text(struct arena *arena, const char *name, const char *text,
                                         size_t size, unsigned index);

struct span {
    const struct source_file *file; /* NULL: no place, such as the command line */
    uint32_t begin, end;            /* byte offsets, end exclusive */
};

struct position {
    unsigned line, column; /* from 1 */
};

struct position source_position(const struct source_file *file, uint32_t offset);

/* The line's text without its end; *length gets its bytes. */
const char *source_line(const struct source_file *file, unsigned line, size_t *length);

/* Before in file order, then by offset: <0, 0, >0. */
int span_compare(struct span a, struct span b);

#endif

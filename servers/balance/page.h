/* page.h - the page, and what it needs: the files of the folder page/, which are in the program. */
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

struct page_file {
    const char *path, *type;
    const char *begin, *end;
};

/* NULL: there is none of this path. */
const struct page_file *page_find(const char *path);

#endif

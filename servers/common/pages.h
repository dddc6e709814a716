/* pages.h - what is said of an error: pages of one's own, in place of those that response.c makes.
 *
 * Read by `initial`, read-only from then on.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>

struct page {
    const char *text; /* HTML in UTF-8 */
    size_t length;
};

/* Where they are; NULL: there are none. */
extern const char *pages_folder;

/* Reads 404.html and so on, up to 1 MiB each, from the folder of the option --error-pages, if it is
 * given. Returns an error number, which has been logged. */
int pages_load(void);

/* The page of a status; NULL: there is none. */
const struct page *pages_find(unsigned status);

void pages_free(void);

#endif

/* listing.h - a folder as a page of HTML: the names in it, which are links, sizes and dates. */
#ifndef LISTING_H
#define LISTING_H

#include "path.h"

#include <stddef.h>

/* More names than this are not shown, and the page says so. */
#define LISTING_MAX 4000

/* Makes the page, in UTF-8, for the folder that a descriptor is of, which may be an O_PATH one.
 * path: as path_of_target makes them, "a/b/", beneath `root`. Shown are files and folders, these
 * first, and links to such as path_open would follow; not shown are names that begin with a dot,
 * and what is neither. *html is to be freed by the caller. Returns 0, ENOMEM, or why the folder
 * cannot be read. Blocks.
 */
int listing_make(int folder, int root, const char *path, enum path_links links, char **html,
                 size_t *size);

#endif

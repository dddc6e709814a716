/* listing.h - a folder as a page of HTML: the names in it, which are links, sizes and dates. */
#ifndef LISTING_H
#define LISTING_H

#include <stddef.h>

/* More names than this are not shown, and the page says so. */
#define LISTING_MAX 4000

/* Makes the page, in UTF-8, for the folder that a descriptor is of, which may be an O_PATH one.
 * path: as path_of_target makes them, "a/b/". Shown are files and folders, these first; not shown
 * are names that begin with a dot, what is neither, and links, since they may not be followed.
 * *html is to be freed by the caller. Returns 0, ENOMEM, or why the folder cannot be read. Blocks.
 */
int listing_make(int folder, const char *path, char **html, size_t *size);

#endif

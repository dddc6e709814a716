/* path.h - from the path of a target to a file beneath the root.
 *
 * A path is made relative to the root once, as text, by path_of_target; what is opened by it then
 * can still not leave the root, whatever links there are (path_open).
 */
#ifndef PATH_H
#define PATH_H

#include "http_text.h"

#include <sys/stat.h>

/* Writes the path of a target as it is looked for: "/a/./b%20c/../d/" becomes "a/d/". Escapes are
 * resolved once, then "." and ".." (RFC 3986, section 5.2.4) and empty segments are removed. It has
 * no slash at its beginning, so that "" is the root, and one at its end if a folder is meant.
 *
 * Returns EINVAL for a malformed escape, one that hides a NUL, and ".." that leads above the root;
 * ENOENT where there is no room, since then no file has such a name, and for an escaped slash: it
 * belongs to the name of a segment (RFC 3986, section 2.2), and no file has a slash in its name. */
int path_of_target(struct http_text path, char *to, size_t room);

/* Which symbolic links are followed. Those of /proc, which are none, never are. */
enum path_links {
    PATH_NO_LINKS,
    PATH_LINKS_WITHIN,   /* that stay beneath the root; from Linux 5.6 on, none before */
    PATH_LINKS_ANYWHERE, /* wherever they lead; before Linux 5.6 none */
};

/* Opens a path that path_of_target has made, or what has been appended to one, beneath the folder
 * `root`. *descriptor is that of a regular file, to be read, or of a folder, beneath which things
 * can be opened (O_PATH); anything else is ENOENT and is not opened for reading, as that alone does
 * something to FIFOs and devices. Nothing outside of the root is opened, unless `links` says so.
 * /proc has to be mounted.
 *
 * Returns ENOENT also where a path cannot lead to anything (a file in the place of a folder, a link
 * that is not followed, a name that is too long), EACCES, or what went wrong: EMFILE, EIO. Blocks
 * for as long as the disk takes. */
int path_open(int root, const char *path, enum path_links links, int *descriptor,
              struct stat *status);

#endif

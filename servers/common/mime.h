/* mime.h - the media type of a file, by the extension of its name.
 *
 * What pages are made of is known here, so that it is the same on every machine; a list like that
 * of Debian's package media-types adds the rest. A media type is given as the value of
 * Content-Type: what is text is said to be UTF-8, but for JSON, which is nothing else (RFC 8259,
 * section 8.1).
 */
#ifndef MIME_H
#define MIME_H

#include <stdbool.h>

/* The longest type, without the terminating NUL. */
#define MIME_TYPE_LENGTH 115

/* Reads a list whose lines are a type and its extensions. To be called by `initial`, before anybody
 * asks for a type. Without the list, or with what there is of it when memory runs out, the server
 * works all the same. Returns 0 or an error number. */
int mime_load(const char *file);

/* Forgets the list, and with it all types that have been asked for. */
void mime_unload(void);

/* The type of the file with that name, which may be a path; "application/octet-stream" where
 * nothing is known. Lives until mime_unload. */
const char *mime_type(const char *name);

/* Whether files of the type get notably smaller by gzip. */
bool mime_is_compressible(const char *type);

#endif

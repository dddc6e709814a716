/* http_etag.h - entity tags: "xyzzy" and W/"xyzzy" (RFC 9110, section 8.8.3).
 *
 * Two tags match strongly if neither is weak and they are the same, weakly if they are the same but
 * for a W/ (section 8.8.3.2).
 */
#ifndef HTTP_ETAG_H
#define HTTP_ETAG_H

#include "http_text.h"

/* Takes a tag off the front of *rest. Returns false where there is none. */
bool http_etag_cut(struct http_text *rest, struct http_text *tag);

/* etag: a tag, or "" where there is none, which nothing matches. */
bool http_etag_matches(struct http_text tag, const char *etag, bool strongly);

#endif

/* conditions.h - the preconditions of a request: If-Match, If-Unmodified-Since, If-None-Match and
 * If-Modified-Since, in the order of RFC 9110, section 13.2.2. The fifth, If-Range, is the last in
 * that order and decides between 200 and 206: ranges.h.
 *
 * A list of entity tags that breaks the grammar holds none: If-Match fails then, and If-None-Match
 * holds. A date that is not valid, or that is repeated, makes a condition that is ignored.
 */
#ifndef CONDITIONS_H
#define CONDITIONS_H

#include "http.h"

enum condition_result {
    CONDITION_PROCEED,
    CONDITION_NOT_MODIFIED, /* 304 */
    CONDITION_FAILED,       /* 412 */
};

/* To be asked of a representation that there is, when the response would be 2xx otherwise (section
 * 13.2.1).
 *
 * is_safe_method: GET or HEAD. etag: with its quotes; "" where there is none. last_modified:
 * seconds of the epoch; -1 where that is not known. */
enum condition_result conditions_check(const struct http_request *request, bool is_safe_method,
                                       const char *etag, int64_t last_modified);

#endif

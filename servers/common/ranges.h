/* ranges.h - Range and If-Range: which bytes of a representation a request asks for (RFC 9110,
 * section 14), and the texts that go with them.
 *
 *      bytes=0-499          the first 500         bytes=-500        the last 500
 *      bytes=500-           all behind them       bytes=0-0,-1      two ranges:
 * multipart/byteranges
 *
 * So that a short request cannot ask for the same bytes many times (sections 14.2 and 17.15),
 * ranges that overlap or touch are made one, which stands where the first of them stood; and a
 * request for more than RANGES_MAX that are apart gets the whole representation.
 */
#ifndef RANGES_H
#define RANGES_H

#include "http.h"

#define RANGES_MAX 16

struct range {
    uint64_t offset, length;
};

/* What is to be sent of `size` bytes. Nothing but GET has ranges: with other methods it is not to
 * be called (section 14.2), nor before conditions_check has said to proceed.
 *
 * *count is 0 where it is everything: nothing else is asked for, or in a unit other than bytes, or
 * against the grammar, or for too many, or by someone who has another version (If-Range, section
 * 13.1.5), or the representation is empty, of which a 206 could not speak. Otherwise each of the
 * *count ranges lies within the representation, and no two overlap; if there is one, it is a single
 * part (section 15.3.7). Returns ERANGE where none of what is asked for exists: 416.
 *
 * etag: with its quotes; "" where there is none. last_modified: seconds of the epoch; -1 where that
 * is not known. */
int ranges_parse(const struct http_request *request, uint64_t size, const char *etag,
                 int64_t last_modified, struct range ranges[RANGES_MAX], size_t *count);

/* Writes the value of Content-Range: "bytes 0-499/1234", and for a range of length 0, as a 416 has
 * it, "bytes *" followed by "/1234". Returns its length. */
#define RANGES_TEXT_SIZE 72
size_t ranges_content_range(char text[RANGES_TEXT_SIZE], struct range range, uint64_t size);

/* ---- several ranges: multipart/byteranges (section 14.6) ----------------------------------------
 *
 * The body is, for each range, the head of a part and its bytes, and the end behind the last one.
 */

/* Makes a boundary that nobody can have foreseen and put into the content. */
#define RANGES_BOUNDARY_SIZE 25
void ranges_make_boundary(char boundary[RANGES_BOUNDARY_SIZE]);

/* Writes what stands ahead of a range's bytes, as a string, and returns its length. type: the
 * Content-Type of the representation; left out if it has more than RANGES_TYPE_LENGTH characters.
 * is_first: of the parts. */
#define RANGES_TYPE_LENGTH 120
#define RANGES_PART_SIZE   288
size_t ranges_part_head(char head[RANGES_PART_SIZE], const char *boundary, const char *type,
                        struct range range, uint64_t size, bool is_first);

/* Writes what stands behind the last one. Returns its length. */
#define RANGES_END_SIZE 34
size_t ranges_end(char end[RANGES_END_SIZE], const char *boundary);

/* The length of the body. */
uint64_t ranges_body_length(const char *boundary, const char *type, const struct range *ranges,
                            size_t count, uint64_t size);

#endif

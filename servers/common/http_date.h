/* http_date.h - dates as requests have them, in the three forms of RFC 9110, section 5.6.7:
 *
 *      Sun, 06 Nov 1994 08:49:37 GMT       the one that is sent today
 *      Sunday, 06-Nov-94 08:49:37 GMT      of RFC 850
 *      Sun Nov  6 08:49:37 1994            of asctime
 *
 * response_date writes the first one.
 */
#ifndef HTTP_DATE_H
#define HTTP_DATE_H

#include "http_text.h"

#include <stdint.h>

/* Reads a date: *seconds of the epoch. Returns false where it is none. What day of the week it says
 * does not matter. now: seconds of the epoch, by which a year of two digits is understood. */
bool http_date_parse(struct http_text text, int64_t now, int64_t *seconds);

#endif

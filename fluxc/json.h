/* json.h - writes JSON (RFC 8259) that people can read too: what is begun `flat` stands on one
 * line, everything else on lines of its own. In an array, keys are NULL.
 */
#ifndef JSON_H
#define JSON_H

#include "text.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    struct text *out;
    unsigned depth, flat; /* levels begun; of these, within a flat one */
    bool any;             /* the level has an element */
};

/* The object that a file is: whose it is, on the first line, which version of what is written in
 * it, and of which program. */
void json_begin_file(struct json *json, unsigned format, const char *program);
void json_begin(struct json *json, const char *key, char bracket, bool flat);
void json_end(struct json *json, char bracket);

/* Bytes that are no UTF-8 become U+FFFD. NULL is null. */
void json_string(struct json *json, const char *key, const char *value);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);

#endif

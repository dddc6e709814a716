/* json.h - a profile is written member by member, to a stream. */
#ifndef FLUXI_JSON_H
#define FLUXI_JSON_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct fluxi_json {
    FILE *to;
    unsigned depth;
    unsigned line; /* from this depth on all stands in one line */
    bool any;      /* something stands before in what was opened last */
};

/* key: NULL in a list. */
void fluxi_json_open(struct fluxi_json *json, const char *key, char bracket);
void fluxi_json_close(struct fluxi_json *json, char bracket);
/* A number, true or false: what printf makes of it. */
void fluxi_json_put(struct fluxi_json *json, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fluxi_json_text(struct fluxi_json *json, const char *key, const char *text);

static inline void fluxi_json_count(struct fluxi_json *json, const char *key, uint64_t count)
{
    fluxi_json_put(json, key, "%" PRIu64, count);
}

#endif

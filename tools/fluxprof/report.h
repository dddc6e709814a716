/* report.h - what a profile says, as tables. */
#ifndef REPORT_H
#define REPORT_H

#include "profile.h"
#include "table.h"

enum order { BY_TIME, BY_COUNT };

struct report_options {
    unsigned rows;  /* of each table that people see; 0: all */
    double slowest; /* share of requests that are told apart as the slowest */
    enum order order;
};

struct report {
    VECTOR(struct table *) tables;
};

/* Ways, nodes, constraints, the slowest requests, sources, choices. */
struct report report_of(const struct profile *profile, const struct report_options *options);

/* What has changed from one to the other, per request. */
struct report report_difference(const struct profile *old, const struct profile *new,
                                const struct report_options *options);

/* "web, runtime event: 61.5 s from ..." in some lines. */
void report_head(const struct profile *profile, FILE *out, bool colour);

/* A way as people read it: "Accept: Read > Handle:1 > Send!". */
const char *report_way(const struct profile *profile, const struct way_profile *way);

/* A table for `report`, with rows to come. */
struct table *report_table(struct arena *arena, struct report *report, const char *key,
                           const char *title, const struct column *columns, unsigned count,
                           unsigned shown);
#define REPORT_TABLE(arena, report, key, title, columns, shown)                                    \
    report_table(arena, report, key, title, columns, sizeof columns / sizeof columns[0], shown)

#endif

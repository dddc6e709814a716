/* table.h - what a report consists of: tables, which become text for people, or JSON or CSV. */
#ifndef TABLE_H
#define TABLE_H

#include "arena.h"

#include <stdbool.h>
#include <stdio.h>

enum column_kind {
    COLUMN_TEXT,   /* to the left */
    COLUMN_COUNT,  /* "12 345" */
    COLUMN_TIME,   /* nanoseconds: "1.23 ms"; in CSV and JSON its name has _ns behind it */
    COLUMN_SHARE,  /* 0 to 1: "12.3 %" */
    COLUMN_RATE,   /* a second: "1 234/s" */
    COLUMN_NUMBER, /* "0.98" */
    COLUMN_CHANGE, /* a factor less 1: "+12.3 %" */
    COLUMN_LAST    /* a text that takes what room there is, and further lines; the last */
};

struct column {
    const char *name; /* "on core"; "on_core" in CSV and JSON */
    enum column_kind kind;
};

struct cell {
    const char *text;
    double number;
    bool known; /* else it is empty */
};

struct table {
    struct arena *arena;
    const char *key;   /* "nodes": in JSON and CSV */
    const char *title; /* for people; may have further lines */
    const struct column *columns;
    unsigned column_count;
    VECTOR(struct cell *) rows;
    unsigned shown; /* rows that people see; 0: all */
};

/* Adds a row without content; fill it in from the left. */
struct cell *table_row(struct table *table);

struct cell cell_text(const char *text);
struct cell cell_number(double number);
struct cell cell_unknown(void);

/* width: of the terminal; what stands in the last column is broken there. colour: titles stand out.
 */
void table_print(const struct table *table, FILE *out, int width, bool colour);
/* A header line, and a line for each row. */
void table_csv(const struct table *table, FILE *out);
/* An object. */
void table_json_row(const struct table *table, unsigned row, FILE *out);
/* A list of objects. */
void table_json(const struct table *table, FILE *out);

/* As in a cell of that kind, in a buffer. */
const char *format_number(char buffer[32], enum column_kind kind, double number);

/* How many columns of a terminal a text takes. */
int text_width(const char *text);

#endif

/* resolve.h - shared by the files that resolve declarations: resolve.c (nodes, bodies, predicates),
 * fields.c (signatures), sources.c (sources, clocks, initial, final), annotate.c (what is said of
 * nodes), clash.c (C's name space).
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "ast.h"
#include "ctype.h"
#include "program.h"
#include "table.h"

/* All that the text says of one name of a node. */
struct entry {
    struct node *node;
    const struct decl *signature; /* NULL: none */
    VECTOR(const struct decl *) bodies;
    VECTOR(const struct decl *) atomics;
    const struct source *source; /* that it is the S of; NULL: none */
    struct word blocking;        /* where it is said to be */
    bool listed;                 /* in program->nodes */
    struct diag *unknown;        /* a missing node's error, and in how many places it is shown */
    unsigned places;
    struct diag *no_handler;     /* the error that a source is none, and in how many */
    unsigned no_handler_places;
};

enum { PLACES_MAX = 4 }; /* shown of one error about a node */

/* A C function that is no node. */
struct function {
    const char *what; /* "predicate" or "session function" */
    struct span span;
};

struct resolver {
    struct program *program;
    const struct ast *ast;
    struct ctypes ctypes;
    struct table entries;         /* by name of node */
    struct table functions;       /* by name */
    struct table predicates;      /* by semantic type */
    struct table constraints;     /* by name */
    struct table mentioned;       /* words in texts with syntax errors */
    bool unread;                  /* any name may be declared in a text that was not read */
    VECTOR(struct entry *) nodes; /* in the order of program->nodes */
    struct word initial, final;
    unsigned searches; /* for near names */
};

/* A node that is used. Where there is none it is reported, once, and a missing one is made up.
 * handlers: whether one that only `handle` declares (R24) will do. Never NULL. */
struct entry *resolve_node(struct resolver *r, struct word name, bool handlers);

/* The patterns of an arm or a `repeat`. */
const struct pattern *resolve_patterns(struct resolver *r, const struct words *words);

/* Says why a name cannot be had. */
void resolve_refuse(struct resolver *r, struct word name, const char *what, const char *why);

/* A function that the user is to define: checks its name. */
void resolve_function(struct resolver *r, struct word name, const char *what);

/* fields.c: one list of a signature, which is that of the node named at `span`. Returns whether it is
 * known, that is free of errors. */
bool resolve_fields(struct resolver *r, struct span span, const struct params *params,
                    struct fields *fields);

/* clash.c: one C name for two things. When all names are known. */
void resolve_clashes(struct resolver *r);

/* sources.c */
void resolve_source(struct resolver *r, const struct decl *decl);
void resolve_setup(struct resolver *r, const struct decl *decl);

void resolve_symbols(struct resolver *r);

/* "30 s" in nanoseconds; false after an error. */
bool resolve_time(struct resolver *r, struct word number, struct word unit, uint64_t *ns);

/* annotate.c */
void resolve_handler(struct resolver *r, const struct decl *decl);
void resolve_atomic(struct resolver *r, const struct decl *decl);
void resolve_blocking(struct resolver *r, const struct decl *decl);
void resolve_await(struct resolver *r, const struct decl *decl);
void resolve_repeat(struct resolver *r, const struct decl *decl);

/* After all `atomic` lines: puts constraints in canonical order and gives nodes their locks. */
void resolve_locks(struct resolver *r);

#endif

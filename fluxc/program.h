/* program.h - the program as the passes know it: nodes, sources, constraints, with every name
 * resolved to what it names.
 *
 * grammar/ makes declarations (ast.h); resolve makes this model of them; types fills in signatures
 * and checks every pair of neighbours; graph checks cycles, reach and use; locks decides what each
 * node takes. After a pass has reported an error the later ones still run where they can (so that
 * one run shows all errors), and lower and the emitters run only if there was none.
 *
 * Everything lives in program->arena. Vectors keep the order of the text, but for `nodes` and
 * `constraints` as said there, so that the same input gives the same output (R42).
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "arena.h"
#include "diag.h"
#include "source.h"

#include <stdbool.h>
#include <stdint.h>

/* A C type as written and as compared (R5). */
struct ctype {
    const char *text;  /* normalised, one space between words, none around '*': "const char *",
                          "unsigned int". Interned: two types are equal when these are equal */
    bool pointer;      /* ends in '*' */
    bool may_be_array; /* a bare typedef name that is not known to be scalar: copied by memcpy */
};

struct field {
    const struct ctype *type;
    const char *name;
    struct span span; /* type and name */
};

struct fields {
    const struct field *at; /* each list that is written down has its own, even an empty one */
    unsigned count;
    const char *types; /* "int, char *", interned: equal lists of types have equal pointers */
    struct span span;  /* of the name of the node in whose signature it stands; or nowhere */
};

enum node_kind { NODE_CONCRETE, NODE_ABSTRACT };

struct node;
struct source;
struct figures;        /* figures.h */
struct figures_legend;

/* A node's name standing in a body. */
struct member {
    struct node *node;
    struct span span;
};

struct pattern {
    struct predicate *predicate; /* NULL: wildcard */
    struct span span;
};

struct arm {
    struct span span;          /* "Handler:[_, _, hit]" or "Image" */
    const struct pattern *patterns; /* NULL for a plain body; else one per input */
    unsigned pattern_count;
    const struct member *members;   /* none: the input passes through */
    unsigned member_count;
};

/* typedef hit TestInCache; (R18) */
struct predicate {
    const char *name;     /* the semantic type: hit */
    const char *function; /* TestInCache; NULL: it is unknown, and an error has been reported */
    struct span span;     /* of the name */
    const struct ctype *type; /* of the value it is asked about; NULL while unused */
    bool used;
};

/* How a node handles the errors that leave it (R23-R26). */
struct handler {
    struct node *node;
    struct span span;   /* of the handler's name in `handle` */
    bool ends;          /* no outputs: the flow ends; else it recovers */
    bool takes_error;   /* its last input is the code */
    bool takes_values;  /* it has the inputs of the node it serves (for `*`: never) */
};

enum constraint_scope { SCOPE_PROGRAM, SCOPE_SESSION };

struct constraint {
    const char *name;
    enum constraint_scope scope;
    struct span span;  /* where it first stands */
    unsigned rank;     /* index in program->constraints */
    bool disputed;     /* its scope: an error has been reported */
};

/* One constraint of one node. */
struct lock {
    struct constraint *constraint;
    bool write;
    bool declared;        /* else added by early acquisition (R31) */
    struct span span;     /* of the word in `atomic`; of an added one: that of the node below */
    struct node *below;    /* added ones: the node whose constraint was lifted; else NULL */
    const char *way;       /* added ones: how it leads there, "O > Inner > P" */
    struct constraint *later; /* added ones: what this node holds that comes later in the order */
    struct node *writer;   /* a reader made a writer (R30): the node below that writes; else NULL */
    const char *writer_way; /* how it leads there */
};

struct await {
    struct span span;
    bool writable;
    const char *fd_name, *limit_name;  /* as written; limit_name NULL: a number or none */
    struct span fd_span, limit_span;
    unsigned fd;        /* index of the input */
    int limit_field;    /* index of the input in milliseconds; -1: none */
    int64_t limit;      /* milliseconds; -1: for ever; used when limit_field is -1 */
};

struct repeat {
    struct span span;
    const struct pattern *patterns; /* one per output */
    unsigned pattern_count;
};

struct node {
    const char *name;
    struct span span;      /* of the name where it is first declared or defined */
    enum node_kind kind;
    unsigned index;        /* in program->nodes */

    bool declared;         /* `inputs`, `outputs` come from a declared signature */
    bool implied;          /* a handler declared nowhere (R24) */
    struct node *serves;   /* implied: the first node it handles; NULL: `*` alone */
    bool missing;          /* a name in use that is declared nowhere: an error has been reported */
    bool inputs_known, outputs_known; /* else they are empty, and an error has been reported */
    bool inputs_doubted, outputs_doubted; /* what bodies tell of them is not to be trusted */
    struct fields inputs, outputs;

    const struct arm *arms; /* abstract: one plain body, or the arms of a dispatch */
    unsigned arm_count;
    bool dispatches;

    struct handler *handler; /* NULL: none */
    struct await *await;     /* NULL: none */
    struct repeat *repeat;   /* NULL: none */
    bool blocking;

    VECTOR(struct lock) locks; /* sorted by rank after locks.c */

    bool used;             /* reached from a source, a handler, initial or final */
    const struct figures *figures; /* of a program that has run, for pictures; NULL: none */
    const char *role;      /* what it is used as, for diagnostics: "source", "handler", ... or NULL */
};

struct source {
    struct span span;
    const char *name;        /* the source node's; "every 100 ms" */
    const char *symbol;      /* a C name for it, unique: Listen; every_1 */
    struct node *node;       /* S; NULL for a clock */
    struct node *target;     /* T */
    struct span target_span;
    uint64_t period;         /* ns; 0 unless a clock */
    bool parallel;
    const char *session;     /* Fn; NULL: none */
    struct span session_span;
    struct node *finally;    /* F; NULL: none */
    struct span finally_span;
};

struct program {
    struct arena *arena;
    struct diags *diags;
    const struct source_file *file; /* the main file */
    const char *name;               /* its name without folder and suffix: what x_flux.c is called */

    VECTOR(const char *) preamble;      /* the text of each %{ %} block, in order */
    VECTOR(struct span) preamble_spans;
    VECTOR(struct node *) nodes;        /* in order of first declaration or definition; implied
                                           handlers where `handle` first names them */
    VECTOR(struct predicate *) predicates;
    VECTOR(struct source *) sources;
    VECTOR(struct constraint *) constraints; /* in canonical order (R29), rank = index */
    struct handler *default_handler;    /* handle error *; NULL: none */
    struct node *initial, *final;       /* R43; NULL: none */
    const struct figures_legend *figures; /* as those of nodes */
    struct node *const *order;          /* after types: all nodes, each behind what it leads to; NULL
                                           if there is a cycle */
    VECTOR(const struct source_file *) files; /* every file read, for depfiles */
    bool incomplete; /* after errors: something that the text refers to is not referred to here */
};

#endif

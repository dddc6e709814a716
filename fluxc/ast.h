/* ast.h - a program as written: its declarations, in the order of the text, included files where
 * `include` stands. Words only; what they mean is resolve.c's.
 *
 * Lists are linked, so that the parser can join two of them without looking at their elements.
 */
#ifndef AST_H
#define AST_H

#include "arena.h"
#include "source.h"

#include <stdbool.h>

/* A word, number, text in quotes (without them) or sign. */
struct word {
    const char *text; /* interned; NULL: there is none */
    struct span span;
};

struct words {
    struct word_link *first, *last; /* NULL: none */
    unsigned count;
};

struct word_link {
    struct word word;
    struct word_link *next;
};

/* "const char *path" in a signature: all words of it, the name last. */
struct param {
    struct words words;
    struct span span;
    char unfit; /* '[' an array, '(' a pointer to a function; else 0 */
    struct param *next;
};

struct params {
    struct param *first, *last;
    unsigned count;
};

/* "e?(session)" in `atomic`. */
struct use {
    struct word name, scope;
    char mode; /* '?', '!', or 0 where there is none */
    struct use *next;
};

struct uses {
    struct use *first, *last;
};

enum decl_kind {
    DECL_SIGNATURE, /* name (inputs) => (outputs); */
    DECL_BODY,      /* name = members;  name:[patterns] = members; */
    DECL_SOURCE,    /* source parallel name {session: function} => target finally last; */
    DECL_CLOCK,     /* source every number unit => target finally last; */
    DECL_PREDICATE, /* typedef name function; */
    DECL_HANDLER,   /* handle error nodes => target; a node may be "*" */
    DECL_ATOMIC,    /* atomic name:{uses}; */
    DECL_BLOCKING,  /* blocking nodes; */
    DECL_AWAIT,     /* await name: writable(fd) within number unit;  ... within limit; */
    DECL_REPEAT,    /* repeat name:[patterns]; */
    DECL_INITIAL,   /* initial name; */
    DECL_FINAL,     /* final name; */
    DECL_INCLUDE,   /* include "name"; replaced by what the file holds */
    DECL_PREAMBLE   /* %{ name %} */
};

/* What the comments above do not mention is empty. */
struct decl {
    enum decl_kind kind;
    struct span span; /* without its ';' */
    struct word name;
    union {
        struct {
            struct params inputs, outputs;
        } signature;
        struct {
            struct words patterns, members; /* no patterns: a plain body */
            struct span head;               /* what stands left of the '=' */
        } body;
        struct {
            struct word target, last, function, number, unit;
            bool parallel;
        } source;
        struct {
            struct words nodes;
            struct word target;
        } handler;
        struct {
            struct word fd, number, unit, limit;
            bool writable;
        } await;
        struct word function;  /* DECL_PREDICATE */
        struct uses uses;      /* DECL_ATOMIC */
        struct words nodes;    /* DECL_BLOCKING */
        struct words patterns; /* DECL_REPEAT */
    };
};

struct ast {
    VECTOR(const struct decl *) declarations;

    /* Syntax errors: the texts that were passed over. Names that stand there may well be declared
     * there, so nobody complains about them. */
    VECTOR(struct span) broken;
    bool incomplete; /* a text was given up: any name may be declared in the rest */
};

#endif

/* syntax.h - what scanner and parser (grammar/) share while they read one file.
 *
 *      struct syntax syntax = {.program = program, .file = file};
 *      syntax_read(&syntax);
 */
#ifndef SYNTAX_H
#define SYNTAX_H

#include "ast.h"
#include "program.h"

struct syntax {
    struct program *program;
    const struct source_file *file;

    /* The result: see struct ast. */
    VECTOR(struct decl *) declarations;
    VECTOR(struct span) broken;
    bool incomplete;

    /* The scanner's. */
    void *scanner;
    uint32_t offset;    /* of what it reads next */
    uint32_t opened;    /* where the comment or block began that it is inside of */
    uint32_t token_end; /* of the token read last */
    uint32_t before;    /* of the one before it */
    bool reported;      /* since the last ';': an error that makes stray bytes not worth a word */

    /* The parser's. */
    uint32_t statement; /* where the present declaration began, or the blanks before it */
    unsigned errors;
};

/* Defined in grammar/flux.l. Errors are reported to the program. */
void syntax_read(struct syntax *syntax);

/* The rest is syntax.c. */

/* The parser found a token where none of `expected` is: descriptions, such as "a name" or "';'". */
void syntax_unexpected(struct syntax *syntax, struct span span, const char *const *expected,
                       unsigned count);

/* The parser's stack is full. */
void syntax_too_deep(struct syntax *syntax, struct span span);

/* The parser gave up what stands there and goes on behind it. */
void syntax_broken(struct syntax *syntax, uint32_t begin, uint32_t end);

/* The scanner found bytes that begin no token. Returns whether the parser is to be told: once in
 * each declaration. */
bool syntax_stray(struct syntax *syntax, struct span span);

/* The scanner reached the end of the file inside something that began at `opened`. */
void syntax_unterminated(struct syntax *syntax, const char *what, const char *end);

/* A word of the text, cut off where no name could be that long. */
struct word syntax_word(struct syntax *syntax, struct span span, const char *text, size_t length);

/* The block of C at this span, "%{" and "%}" included. */
struct word syntax_block(struct syntax *syntax, struct span span);

/* One more declaration of the file. */
void syntax_declare(struct syntax *syntax, struct decl *decl);

#endif

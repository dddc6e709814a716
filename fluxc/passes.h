/* passes.h - the pipeline: what runs after what, each with its input and its result.
 * main.c's compile() calls them in this order. */
#ifndef PASSES_H
#define PASSES_H

#include "prog.h"
#include "program.h"
#include "text.h"

struct ast; /* ast.h: declarations as parsed */

/* Front end. Each reports into program->diags. */
struct ast *parse(struct program *program, const char *file, const char *const *include_dirs,
                  unsigned include_count);
void resolve(struct program *program,
             const struct ast *ast); /* names -> model (R1-R37, R43, R44) */
void types(struct program *program); /* cycles; signatures, neighbours, handlers' shapes (R5, R9 to
                                        R11, R24) */
void graph(struct program *program); /* reach, use, sessions (R12, R20, R32, R40) */

/* Middle: only if there was no error. */
void locks(struct program *program); /* R29-R31: node->locks become what is taken, sorted by rank */

struct runtime_row {
    const char *name; /* --runtime= */
    const char *about;
    bool steps; /* asks for flux_step before every step */
};
extern const struct runtime_row runtime_rows[]; /* ends with name NULL */

struct prog *lower(struct program *program, bool steps); /* NULL after an error (too large) */

/* Back end. */
struct emit_options {
    const struct runtime_row *runtime;
    const char *c_name, *h_name; /* file names as they stand in #line and #include */
    const char *const *includes; /* --include=FILE */
    unsigned include_count;
    bool no_lines; /* --no-lines: no #line */
    bool profile;  /* --profile */
};
void emit_h(const struct prog *prog, const struct emit_options *options, struct text *out);
void emit_c(const struct prog *prog, const struct emit_options *options, struct text *out);
void emit_prog(const struct prog *prog, struct text *out);
void emit_locks(const struct prog *prog, struct text *out);
void emit_sim(const struct prog *prog, struct text *out);
void emit_profile(const struct program *program, struct text *out);
void emit_stubs(const struct program *program, const struct emit_options *options,
                struct text *out);
void emit_dot(const struct program *program, struct text *out);
void emit_svg(const struct program *program, struct text *out);
void emit_json(const struct prog *prog, struct text *out);

/* Dumps of the arrows between passes (fluxc -d aglp): a: ast, g: program after graph, l: locks,
 * p: prog. */
void dump_ast(const struct ast *ast, struct text *out);
void dump_program(const struct program *program, struct text *out);

#endif

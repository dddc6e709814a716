/* compiler_fuzz.c - the whole compiler, with every emitter, on any bytes: it ends, with diagnostics
 * or with C. */
#include "arena.h"
#include "diag.h"
#include "passes.h"
#include "program.h"
#include "text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input lies in a folder of its own, beside a file that it may include. */
static char folder[] = "/tmp/compiler_fuzz.XXXXXX";
static char input[sizeof folder + 16], other[sizeof folder + 16];
static FILE *nowhere;

static void must(bool held, const char *what)
{
    if (!held) {
        fprintf(stderr, "compiler_fuzz: %s\n", what);
        abort();
    }
}

static void write_file(const char *name, const void *bytes, size_t size)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "cannot write the input");
    close(fd);
}

static void remove_folder(void)
{
    unlink(input);
    unlink(other);
    rmdir(folder);
}

static void prepare(void)
{
    static const char included[] = "Shared (int fd) => (int fd);\natomic Shared:{shared};\n";

    must(mkdtemp(folder) != NULL, "cannot make a folder");
    snprintf(input, sizeof input, "%s/fuzz.flux", folder);
    snprintf(other, sizeof other, "%s/other.flux", folder);
    write_file(other, included, sizeof included - 1);
    atexit(remove_folder);
    nowhere = fopen("/dev/null", "w");
    must(nowhere != NULL, "cannot open /dev/null");
}

/* What is the same for every runtime. */
static void emit_listings(const struct prog *prog, struct text *text)
{
    const struct emit_options options = {.c_name = "fuzz_flux.c", .h_name = "fuzz_flux.h"};

    emit_h(prog, &options, text);
    emit_stubs(prog->program, &options, text);
    emit_prog(prog, text);
    emit_locks(prog, text);
    emit_dot(prog->program, text);
    emit_svg(prog->program, text);
    emit_json(prog, text);
}

static void emit(struct program *program, struct text *text)
{
    static const char *const includes[] = {"types.h"};

    for (const struct runtime_row *row = runtime_rows; row->name != NULL; row++) {
        struct prog *prog = lower(program, row->steps);
        must((prog != NULL) == (diags_errors(program->diags) == 0), "an error without a report");
        if (prog == NULL)
            return;
        if (row == runtime_rows)
            emit_listings(prog, text);
        emit_c(prog,
               &(struct emit_options){.runtime = row,
                                      .c_name = "fuzz_flux.c",
                                      .h_name = "fuzz_flux.h",
                                      .includes = includes,
                                      .include_count = row->steps,
                                      .no_lines = row->steps,
                                      .profile = row == runtime_rows + 1},
               text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (nowhere == NULL)
        prepare();
    write_file(input, data, size);

    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    struct text text = {0};
    struct program *program = arena_alloc(arena, sizeof *program);
    program->arena = arena;
    program->diags = diags;
    program->name = arena_intern_string(arena, "fuzz");

    const char *const include_dirs[] = {folder};
    struct ast *ast = parse(program, input, include_dirs, 1);
    if (program->file != NULL) {
        dump_ast(ast, &text);
        resolve(program, ast);
        types(program);
        graph(program);
        dump_program(program, &text);
        if (diags_errors(diags) == 0) {
            locks(program);
            emit(program, &text);
        }
    }
    diags_print(diags, nowhere, false);
    diags_print(diags, nowhere, true);
    text_free(&text);
    arena_free(arena);
    return 0;
}

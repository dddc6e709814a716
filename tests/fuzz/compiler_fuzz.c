/* compiler_fuzz.c - the whole compiler on any bytes: it ends, with diagnostics or with C. */
#include "arena.h"
#include "diag.h"
#include "passes.h"
#include "program.h"
#include "text.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void emit_everything(const struct prog *prog, const struct runtime_row *runtime)
{
    const struct emit_options options = {
        .runtime = runtime, .c_name = "fuzz_flux.c", .h_name = "fuzz_flux.h"};
    struct text text = {0};

    emit_h(prog, &options, &text);
    emit_c(prog, &options, &text);
    emit_prog(prog, &text);
    emit_locks(prog, &text);
    emit_stubs(prog->program, &options, &text);
    emit_dot(prog->program, &text);
    emit_svg(prog->program, &text);
    emit_json(prog, &text);
    text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    char name[64];
    int fd = memfd_create("fuzz.flux", MFD_CLOEXEC);

    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    if (fd < 0 || nowhere == NULL || write(fd, data, size) != (ssize_t)size) {
        close(fd);
        return -1; /* not an input at all */
    }
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);

    struct arena *arena = arena_new();
    struct diags *diags = diags_new(arena);
    struct program *program = arena_alloc(arena, sizeof *program);
    program->arena = arena;
    program->diags = diags;
    program->name = arena_intern_string(arena, "fuzz");

    struct ast *ast = parse(program, name, NULL, 0);
    if (program->file != NULL) {
        resolve(program, ast);
        types(program);
        graph(program);
        if (diags_errors(diags) == 0) {
            locks(program);
            for (const struct runtime_row *row = runtime_rows; row->name != NULL; row++) {
                struct prog *prog = lower(program, row->steps);
                if (prog != NULL && diags_errors(diags) == 0)
                    emit_everything(prog, row);
            }
        }
    }
    diags_print(diags, nowhere, false);
    arena_free(arena);
    close(fd);
    return 0;
}

/* Files: reads them, follows `include` (R4), and strings their declarations together. */
#include "ast.h"
#include "passes.h"
#include "syntax.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* A file, once, however often it is included. */
struct unit {
    const struct source_file *file;
    dev_t device;
    ino_t inode;
    VECTOR(struct decl *) declarations;
    VECTOR(struct unit *) includes; /* one for each `include` in order; NULL: not found, or known */
    bool taken;                     /* its declarations are in the tree */
};

struct reader {
    struct program *program;
    struct ast *ast;
    const char *const *include_dirs;
    unsigned include_count;
    VECTOR(struct unit *) units; /* every file, in order of being read */
};

static struct unit *find_unit(struct reader *reader, const struct stat *status)
{
    for (unsigned i = 0; i < reader->units.count; i++) {
        struct unit *unit = reader->units.at[i];
        if (unit->device == status->st_dev && unit->inode == status->st_ino)
            return unit;
    }
    return NULL;
}

/* The unit of the file of that name, read if it is new. NULL with *error set, which is ENOENT where
 * there is none. */
static struct unit *read_unit(struct reader *reader, const char *name, int *error)
{
    struct program *program = reader->program;
    struct stat status;
    if (stat(name, &status) != 0) {
        *error = errno == ENOTDIR ? ENOENT : errno;
        return NULL;
    }
    struct unit *unit = find_unit(reader, &status);
    if (unit != NULL)
        return unit;

    const struct source_file *file = source_read(program->arena, name, program->files.count, error);
    if (file == NULL)
        return NULL;
    unit = arena_alloc(program->arena, sizeof *unit);
    unit->file = file;
    unit->device = status.st_dev;
    unit->inode = status.st_ino;
    vector_push(program->arena, &reader->units, unit);
    vector_push(program->arena, &program->files, file);

    struct syntax syntax = {.program = program, .file = file};
    syntax_read(&syntax);
    unit->declarations.at = syntax.declarations.at;
    unit->declarations.count = syntax.declarations.count;
    for (unsigned i = 0; i < syntax.broken.count; i++)
        vector_push(program->arena, &reader->ast->broken, syntax.broken.at[i]);
    reader->ast->incomplete |= syntax.incomplete;
    return unit;
}

static void report_unreadable(struct program *program, struct span span, const char *name,
                              int error)
{
    if (error == EFBIG)
        diag_report(program->diags, DIAG_FILE_TOO_LARGE, span, "'%s' is larger than %zu MiB", name,
                    SOURCE_MAX >> 20);
    else
        diag_report(program->diags, DIAG_CANNOT_READ, span, "cannot read '%s': %s", name,
                    strerror(error));
}

/* Beside the including file, then along -I. */
static struct unit *include(struct reader *reader, const struct source_file *from,
                            const struct word *wanted)
{
    struct program *program = reader->program;
    const char *slash = strrchr(from->name, '/');
    int beside = slash == NULL || wanted->text[0] == '/' ? 0 : (int)(slash + 1 - from->name);
    const char *name = arena_printf(program->arena, "%.*s%s", beside, from->name, wanted->text);
    int error = 0;
    struct unit *unit = read_unit(reader, name, &error);
    bool absolute = wanted->text[0] == '/';
    for (unsigned i = 0; unit == NULL && error == ENOENT && !absolute && i < reader->include_count;
         i++) {
        name = arena_printf(program->arena, "%s/%s", reader->include_dirs[i], wanted->text);
        unit = read_unit(reader, name, &error);
    }
    if (unit != NULL)
        return unit;
    reader->ast->incomplete = true; /* what it declares nobody knows */
    if (error != ENOENT)
        report_unreadable(program, wanted->span, name, error);
    else if (absolute || reader->include_count == 0)
        diag_report(program->diags, DIAG_UNKNOWN_FILE, wanted->span, "there is no file '%s'",
                    wanted->text);
    else
        diag_report(program->diags, DIAG_UNKNOWN_FILE, wanted->span,
                    "there is no file '%s', neither beside this one nor along -I", wanted->text);
    return NULL;
}

/* Files that include each other are no harm: each is read once. */
static void read_includes(struct reader *reader)
{
    for (unsigned i = 0; i < reader->units.count; i++) {
        struct unit *unit = reader->units.at[i];
        for (unsigned d = 0; d < unit->declarations.count; d++) {
            const struct decl *decl = unit->declarations.at[d];
            if (decl->kind != DECL_INCLUDE)
                continue;
            struct unit *included = include(reader, unit->file, &decl->name);
            vector_push(reader->program->arena, &unit->includes, included);
        }
    }
}

/* Where the walk through nested files is. */
struct visit {
    struct unit *unit;
    unsigned next, next_include;
};

/* All declarations in the order in which they would be read if each `include` were replaced, the
 * first time, by the file. */
static void string_together(struct reader *reader)
{
    struct arena *arena = reader->program->arena;
    struct unit *main_unit = reader->units.at[0];
    VECTOR(struct visit) stack = {0};
    main_unit->taken = true;
    vector_push(arena, &stack, ((struct visit){main_unit, 0, 0}));
    while (stack.count > 0) {
        struct visit *visit = &stack.at[stack.count - 1];
        if (visit->next == visit->unit->declarations.count) {
            stack.count--;
            continue;
        }
        const struct decl *decl = visit->unit->declarations.at[visit->next++];
        if (decl->kind != DECL_INCLUDE) {
            vector_push(arena, &reader->ast->declarations, decl);
            continue;
        }
        struct unit *included = visit->unit->includes.at[visit->next_include++];
        if (included != NULL && !included->taken) {
            included->taken = true;
            vector_push(arena, &stack, ((struct visit){included, 0, 0}));
        }
    }
}

/* "web" of "servers/web.flux". */
static const char *program_name(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *begin = slash != NULL ? slash + 1 : file;
    const char *dot = strrchr(begin, '.');
    size_t length = dot != NULL && dot != begin ? (size_t)(dot - begin) : strlen(begin);
    return arena_intern(arena, begin, length);
}

struct ast *parse(struct program *program, const char *file, const char *const *include_dirs,
                  unsigned include_count)
{
    struct reader reader = {.program = program,
                            .ast = arena_alloc(program->arena, sizeof(struct ast)),
                            .include_dirs = include_dirs,
                            .include_count = include_count};
    program->name = program_name(program->arena, file);
    int error = 0;
    struct unit *unit = read_unit(&reader, file, &error);
    if (unit == NULL) {
        report_unreadable(program, (struct span){0}, file, error);
        return NULL;
    }
    program->file = unit->file;
    read_includes(&reader);
    string_together(&reader);
    return reader.ast;
}

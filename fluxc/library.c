#include "library.h"

#include "command.h"
#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct variable {
    const char *name, *value;
};
typedef VECTOR(struct variable) variables;

/* The folder above the one that this fluxc stands in: PREFIX of PREFIX/bin/fluxc. */
static const char *own_prefix(struct arena *arena)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    for (int level = 0; level < 2 && length > 0; level++)
        while (length > 0 && path[--length] != '/')
            ;
    return arena_printf(arena, "%.*s", length > 0 ? (int)length : 0, path);
}

/* The text with every ${NAME} replaced. */
static const char *expand(struct arena *arena, const variables *known, const char *text)
{
    const char *begin = strstr(text, "${"), *end = begin != NULL ? strchr(begin, '}') : NULL;
    if (end == NULL)
        return text;
    size_t length = (size_t)(end - begin) - 2;
    const char *value = "";
    for (unsigned i = 0; i < known->count; i++)
        if (strlen(known->at[i].name) == length &&
            strncmp(known->at[i].name, begin + 2, length) == 0)
            value = known->at[i].value;
    return arena_printf(arena, "%.*s%s%s", (int)(begin - text), text, value,
                        expand(arena, known, end + 1));
}

/* Words are split before variables are replaced, so that a prefix may have blanks in its name. */
static void add_words(struct arena *arena, const variables *known, const char *text, strings *out)
{
    strings words = {0};
    command_split(arena, text, &words);
    for (unsigned i = 0; i < words.count; i++)
        vector_push(arena, out, expand(arena, known, words.at[i]));
}

/* Reads a .pc file as the Makefile writes it: NAME=VALUE and the fields Cflags and Libs. */
static bool read_description(struct arena *arena, const char *folder, const char *runtime,
                             strings *compiling, strings *linking)
{
    const char *name = arena_printf(arena, "%s/flux-%s.pc", folder, runtime);
    FILE *file = fopen(name, "re");
    char line[4096];
    if (file == NULL)
        return false;
    variables known = {0};
    struct variable own = {"pcfiledir", folder};
    vector_push(arena, &known, own);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        size_t length = strcspn(line, "=: ");
        const char *value = line + length + (line[length] != '\0');
        if (line[length] == '=') {
            struct variable variable = {arena_printf(arena, "%.*s", (int)length, line),
                                        expand(arena, &known, arena_printf(arena, "%s", value))};
            vector_push(arena, &known, variable);
        } else if (strncmp(line, "Cflags:", 7) == 0) {
            add_words(arena, &known, value, compiling);
        } else if (strncmp(line, "Libs:", 5) == 0) {
            add_words(arena, &known, value, linking);
        }
    }
    fclose(file);
    return true;
}

static bool ask_pkg_config(struct arena *arena, const char *runtime, const char *what, strings *out)
{
    const char *program = getenv("PKG_CONFIG");
    char *flags;
    strings words = {0};
    command_split(arena, program != NULL ? program : "pkg-config", &words);
    const char *module = arena_printf(arena, "flux-%s", runtime);
    vector_push(arena, &words, "--silence-errors");
    vector_push(arena, &words, what);
    vector_push(arena, &words, module);
    if (command_run(arena, &words, &flags) != 0)
        return false;
    command_split(arena, flags, out);
    return true;
}

bool library_flags(struct arena *arena, const char *runtime, strings *compiling, strings *linking)
{
    const char *folder = arena_printf(arena, "%s/lib/pkgconfig", own_prefix(arena));
    if (read_description(arena, folder, runtime, compiling, linking))
        return true;
    if (ask_pkg_config(arena, runtime, "--cflags", compiling) &&
        ask_pkg_config(arena, runtime, "--libs", linking))
        return true;
    failure_say("the runtime '%s' is not installed: neither '%s' nor pkg-config knows flux-%s",
                runtime, folder, runtime);
    return false;
}

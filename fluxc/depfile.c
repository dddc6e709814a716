#include "depfile.h"

#include <string.h>

/* GNU make: '$' is doubled; a blank, '#' or ':' has a backslash before it, and any backslashes
 * right before that are doubled. */
void depfile_escape(struct text *out, const char *name)
{
    size_t backslashes = 0;
    for (const char *at = name; *at != '\0'; at++) {
        if (strchr(" \t#:", *at) != NULL) {
            for (; backslashes > 0; backslashes--)
                text_write(out, "\\", 1);
            text_write(out, "\\", 1);
        } else if (*at == '$') {
            text_write(out, "$", 1);
        }
        backslashes = *at == '\\' ? backslashes + 1 : 0;
        text_write(out, at, 1);
    }
}

void depfile_print(struct text *out, const struct program *program, const strings *targets,
                   const strings *written)
{
    if (targets->count == 0)
        targets = written;
    for (unsigned i = 0; i < targets->count; i++) {
        text_print(out, "%s", i > 0 ? " " : "");
        depfile_escape(out, targets->at[i]);
    }
    text_print(out, ":");
    for (unsigned i = 0; i < program->files.count; i++) {
        text_print(out, "%s ", i > 0 ? " \\\n" : "");
        depfile_escape(out, program->files.at[i]->name);
    }
    text_print(out, "\n");
    for (unsigned i = 1; i < program->files.count; i++) {
        text_print(out, "\n");
        depfile_escape(out, program->files.at[i]->name);
        text_print(out, ":\n");
    }
}

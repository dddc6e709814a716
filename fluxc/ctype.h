/* ctype.h - the C types of fields (R5): read from the words of a signature, one object for each
 * type however it was spelled.
 */
#ifndef CTYPE_H
#define CTYPE_H

#include "ast.h"
#include "program.h"
#include "table.h"

struct ctypes {
    struct arena *arena;
    struct table known;           /* by text */
    VECTOR(struct word) typedefs; /* their names, where each first stands */
};

/* Reads "unsigned long n" into field->type and ->name. Returns NULL, or what is wrong with it, as
 * the rest of a message; then name and type are what could be made out, or NULL. */
const char *ctype_read(struct ctypes *types, const struct param *param, struct field *field);

/* `int`, of an error code. */
const struct ctype *ctype_int(struct arena *arena);

/* Makes a list of fields with its types. */
void fields_set(struct arena *arena, struct fields *fields, const struct field *at, unsigned count);

/* Whether the word cannot be an identifier in C11. */
bool ctype_is_keyword(const char *word);

#endif

#include "ctype.h"

#include <string.h>

enum { STARS_MAX = 12 }; /* C11 5.2.4.1: as many declarators as a compiler has to take */

/* ---- words ----------------------------------------------------------------------------------- */

/* Specifiers add up to a key of the table below; none stands twice but `long`. */
enum specifier {
    SPEC_VOID = 1 << 0,
    SPEC_BOOL = 1 << 1,
    SPEC_CHAR = 1 << 2,
    SPEC_SHORT = 1 << 3,
    SPEC_INT = 1 << 4,
    SPEC_LONG = 1 << 5,
    SPEC_LONG_LONG = 1 << 6,
    SPEC_FLOAT = 1 << 7,
    SPEC_DOUBLE = 1 << 8,
    SPEC_SIGNED = 1 << 9,
    SPEC_UNSIGNED = 1 << 10,
    SPEC_COMPLEX = 1 << 11,
    SPEC_INT128 = 1 << 12
};

enum qualifier { QUAL_CONST = 1, QUAL_VOLATILE = 2, QUAL_RESTRICT = 4, QUAL_ATOMIC = 8 };

enum word_kind { WORD_OTHER, WORD_SPECIFIER, WORD_QUALIFIER, WORD_TAG, WORD_KEYWORD };

static const struct {
    const char *text;
    enum word_kind kind;
    int bits;
} c_words[] = {{"void", WORD_SPECIFIER, SPEC_VOID},
               {"bool", WORD_SPECIFIER, SPEC_BOOL},
               {"_Bool", WORD_SPECIFIER, SPEC_BOOL},
               {"char", WORD_SPECIFIER, SPEC_CHAR},
               {"short", WORD_SPECIFIER, SPEC_SHORT},
               {"int", WORD_SPECIFIER, SPEC_INT},
               {"long", WORD_SPECIFIER, SPEC_LONG},
               {"float", WORD_SPECIFIER, SPEC_FLOAT},
               {"double", WORD_SPECIFIER, SPEC_DOUBLE},
               {"signed", WORD_SPECIFIER, SPEC_SIGNED},
               {"unsigned", WORD_SPECIFIER, SPEC_UNSIGNED},
               {"_Complex", WORD_SPECIFIER, SPEC_COMPLEX},
               {"__int128", WORD_SPECIFIER, SPEC_INT128},
               {"const", WORD_QUALIFIER, QUAL_CONST},
               {"volatile", WORD_QUALIFIER, QUAL_VOLATILE},
               {"restrict", WORD_QUALIFIER, QUAL_RESTRICT},
               {"_Atomic", WORD_QUALIFIER, QUAL_ATOMIC},
               {"struct", WORD_TAG, 0},
               {"union", WORD_TAG, 0},
               {"enum", WORD_TAG, 0},
               {"auto", WORD_KEYWORD, 0},
               {"break", WORD_KEYWORD, 0},
               {"case", WORD_KEYWORD, 0},
               {"continue", WORD_KEYWORD, 0},
               {"default", WORD_KEYWORD, 0},
               {"do", WORD_KEYWORD, 0},
               {"else", WORD_KEYWORD, 0},
               {"extern", WORD_KEYWORD, 0},
               {"for", WORD_KEYWORD, 0},
               {"goto", WORD_KEYWORD, 0},
               {"if", WORD_KEYWORD, 0},
               {"inline", WORD_KEYWORD, 0},
               {"register", WORD_KEYWORD, 0},
               {"return", WORD_KEYWORD, 0},
               {"sizeof", WORD_KEYWORD, 0},
               {"static", WORD_KEYWORD, 0},
               {"switch", WORD_KEYWORD, 0},
               {"typedef", WORD_KEYWORD, 0},
               {"while", WORD_KEYWORD, 0},
               {"_Alignas", WORD_KEYWORD, 0},
               {"_Alignof", WORD_KEYWORD, 0},
               {"_Generic", WORD_KEYWORD, 0},
               {"_Imaginary", WORD_KEYWORD, 0},
               {"_Noreturn", WORD_KEYWORD, 0},
               {"_Static_assert", WORD_KEYWORD, 0},
               {"_Thread_local", WORD_KEYWORD, 0}};

static enum word_kind classify(const char *word, int *bits)
{
    for (size_t i = 0; i < sizeof c_words / sizeof c_words[0]; i++)
        if (strcmp(c_words[i].text, word) == 0) {
            *bits = c_words[i].bits;
            return c_words[i].kind;
        }
    return WORD_OTHER;
}

bool ctype_is_keyword(const char *word)
{
    int bits;
    return classify(word, &bits) != WORD_OTHER;
}

/* The spellings that C11 6.7.2 allows for each type, and the one that we use for it. */
static const struct {
    int key;
    const char *text;
} built_in[] = {
    {SPEC_VOID, "void"},
    {SPEC_BOOL, "bool"},
    {SPEC_CHAR, "char"},
    {SPEC_SIGNED | SPEC_CHAR, "signed char"},
    {SPEC_UNSIGNED | SPEC_CHAR, "unsigned char"},
    {SPEC_SHORT, "short"},
    {SPEC_SHORT | SPEC_INT, "short"},
    {SPEC_SIGNED | SPEC_SHORT, "short"},
    {SPEC_SIGNED | SPEC_SHORT | SPEC_INT, "short"},
    {SPEC_UNSIGNED | SPEC_SHORT, "unsigned short"},
    {SPEC_UNSIGNED | SPEC_SHORT | SPEC_INT, "unsigned short"},
    {SPEC_INT, "int"},
    {SPEC_SIGNED, "int"},
    {SPEC_SIGNED | SPEC_INT, "int"},
    {SPEC_UNSIGNED, "unsigned int"},
    {SPEC_UNSIGNED | SPEC_INT, "unsigned int"},
    {SPEC_LONG, "long"},
    {SPEC_LONG | SPEC_INT, "long"},
    {SPEC_SIGNED | SPEC_LONG, "long"},
    {SPEC_SIGNED | SPEC_LONG | SPEC_INT, "long"},
    {SPEC_UNSIGNED | SPEC_LONG, "unsigned long"},
    {SPEC_UNSIGNED | SPEC_LONG | SPEC_INT, "unsigned long"},
    {SPEC_LONG | SPEC_LONG_LONG, "long long"},
    {SPEC_LONG | SPEC_LONG_LONG | SPEC_INT, "long long"},
    {SPEC_SIGNED | SPEC_LONG | SPEC_LONG_LONG, "long long"},
    {SPEC_SIGNED | SPEC_LONG | SPEC_LONG_LONG | SPEC_INT, "long long"},
    {SPEC_UNSIGNED | SPEC_LONG | SPEC_LONG_LONG, "unsigned long long"},
    {SPEC_UNSIGNED | SPEC_LONG | SPEC_LONG_LONG | SPEC_INT, "unsigned long long"},
    {SPEC_FLOAT, "float"},
    {SPEC_DOUBLE, "double"},
    {SPEC_LONG | SPEC_DOUBLE, "long double"},
    {SPEC_FLOAT | SPEC_COMPLEX, "float _Complex"},
    {SPEC_DOUBLE | SPEC_COMPLEX, "double _Complex"},
    {SPEC_LONG | SPEC_DOUBLE | SPEC_COMPLEX, "long double _Complex"},
    {SPEC_INT128, "__int128"},
    {SPEC_SIGNED | SPEC_INT128, "__int128"},
    {SPEC_UNSIGNED | SPEC_INT128, "unsigned __int128"},
};

/* Typedefs that everybody knows to be numbers: they can be assigned. */
static const char *const scalars[] = {
    "int8_t",    "int16_t",   "int32_t",  "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
    "intptr_t",  "uintptr_t", "intmax_t", "size_t",  "ssize_t", "off_t",    "time_t",   "pid_t",
    "ptrdiff_t", "uintmax_t", "mode_t",   "uid_t",   "gid_t",   "__u8",     "__u16",    "__u32",
    "socklen_t", "wchar_t",   "__u64",    "__s8",    "__s16",   "__s32",    "__s64"};

static bool is_scalar(const char *name)
{
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++)
        if (strcmp(scalars[i], name) == 0)
            return true;
    return false;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    int key;                /* specifiers */
    const char *tag, *name; /* "struct" and "conn"; tag NULL: a typedef */
    const char *built_in;   /* the text of key */
    unsigned stars;
    int qualifiers[STARS_MAX + 1]; /* of what is pointed to first, of the last pointer last */
};

/* One word of the type; NULL or what is wrong. */
static const char *read_word(struct reading *reading, const char *word)
{
    int bits = 0;
    if (word[0] == '*')
        return ++reading->stars > STARS_MAX ? "has more stars than C need take" : NULL;
    enum word_kind kind = classify(word, &bits);
    bool tagged = reading->tag != NULL && reading->name == NULL;
    if (tagged && (kind != WORD_OTHER || reading->stars > 0))
        return arena_printf(reading->arena, "needs a name after '%s'", reading->tag);
    if (kind == WORD_QUALIFIER) {
        reading->qualifiers[reading->stars] |= bits;
        return NULL;
    }
    if (kind == WORD_KEYWORD)
        return arena_printf(reading->arena, "cannot have '%s' in its type", word);
    if (reading->stars > 0)
        return arena_printf(reading->arena, "cannot have '%s' behind a star", word);
    bool none_named = reading->tag == NULL && reading->name == NULL;
    bool first = reading->key == 0 && none_named;
    if (bits == SPEC_LONG && (reading->key & SPEC_LONG) != 0)
        bits = SPEC_LONG_LONG;
    if (kind == WORD_SPECIFIER && none_named && (reading->key & bits) == 0) {
        reading->key |= bits;
        return NULL;
    }
    if (kind == WORD_TAG && first) {
        reading->tag = word;
        return NULL;
    }
    if (kind == WORD_OTHER && (first || tagged)) {
        reading->name = word;
        return NULL;
    }
    return arena_printf(reading->arena, "has a type that C does not know: '%s' is too much", word);
}

static const char *find_built_in(int key)
{
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++)
        if (built_in[i].key == key)
            return built_in[i].text;
    return NULL;
}

/* NULL, or what is wrong with the type as a whole. */
static const char *check(struct reading *reading)
{
    if (reading->tag != NULL && reading->name == NULL)
        return arena_printf(reading->arena, "needs a name after '%s'", reading->tag);
    if (reading->name == NULL && reading->key == 0)
        return "has no type";
    if (reading->name == NULL) {
        reading->built_in = find_built_in(reading->key);
        if (reading->built_in == NULL)
            return "has a type that C does not know";
    }
    if (reading->stars == 0 && reading->key == SPEC_VOID)
        return "cannot be void";
    if ((reading->qualifiers[reading->stars] & QUAL_CONST) != 0)
        return "cannot be const itself: it is assigned";
    return NULL;
}

/* "const volatile" with or without blanks before and behind. */
static const char *qualifiers_text(struct arena *arena, int bits, const char *before,
                                   const char *after)
{
    static const char *const names[] = {"const", "volatile", "restrict", "_Atomic"};
    const char *text = "";
    for (int i = 0; i < 4; i++)
        if ((bits & 1 << i) != 0)
            text = arena_printf(arena, "%s%s%s", text, text[0] != '\0' ? " " : "", names[i]);
    return text[0] == '\0' ? text : arena_printf(arena, "%s%s%s", before, text, after);
}

/* "const char *", "struct conn *const *" */
static const char *type_text(const struct reading *reading)
{
    struct arena *arena = reading->arena;
    const char *base = reading->built_in;
    if (base == NULL)
        base = arena_printf(arena, "%s%s%s", reading->tag != NULL ? reading->tag : "",
                            reading->tag != NULL ? " " : "", reading->name);
    const char *text =
        arena_printf(arena, "%s%s%s", qualifiers_text(arena, reading->qualifiers[0], "", " "), base,
                     reading->stars > 0 ? " " : "");
    for (unsigned i = 1; i <= reading->stars; i++)
        text = arena_printf(
            arena, "%s*%s", text,
            qualifiers_text(arena, reading->qualifiers[i], "", i < reading->stars ? " " : ""));
    return text;
}

/* The one type with that text. */
static const struct ctype *type_of(struct ctypes *types, const struct reading *reading,
                                   struct span span)
{
    const char *text = arena_intern_string(types->arena, type_text(reading));
    struct ctype **slot = (struct ctype **)table_at(types->arena, &types->known, text);
    if (*slot != NULL)
        return *slot;
    bool is_typedef = reading->tag == NULL && reading->name != NULL;
    *slot = arena_alloc(types->arena, sizeof **slot);
    **slot = (struct ctype){.text = text,
                            .pointer = text[strlen(text) - 1] == '*',
                            .may_be_array =
                                is_typedef && reading->stars == 0 && !is_scalar(reading->name)};
    if (is_typedef)
        vector_push(types->arena, &types->typedefs, ((struct word){reading->name, span}));
    return *slot;
}

const struct ctype *ctype_int(struct arena *arena)
{
    struct ctype *type = arena_alloc(arena, sizeof *type);
    type->text = arena_intern_string(arena, "int");
    return type;
}

void fields_set(struct arena *arena, struct fields *fields, const struct field *at, unsigned count)
{
    size_t size = 0;
    for (unsigned i = 0; i < count; i++)
        size += strlen(at[i].type->text) + 2;
    char *types = arena_alloc(arena, size + 1), *end = types;
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            end = stpcpy(end, ", ");
        end = stpcpy(end, at[i].type->text);
    }
    fields->at = at;
    fields->count = count;
    fields->types = arena_intern_string(arena, types);
}

const char *ctype_read(struct ctypes *types, const struct param *param, struct field *field)
{
    struct reading reading = {.arena = types->arena};
    const char *last = param->words.last->word.text;
    field->span = param->span;
    if (param->unfit == '[')
        return "cannot be an array: give it a type by a typedef in C";
    if (param->unfit == '(')
        return "cannot be a pointer to a function: give it a type by a typedef in C";
    if (param->words.count == 1)
        return "needs a type and a name";
    int bits;
    enum word_kind kind = classify(last, &bits);
    if (last[0] == '*' || (kind != WORD_OTHER && kind != WORD_KEYWORD))
        return "has no name";
    field->name = last;
    for (const struct word_link *link = param->words.first; link->next != NULL; link = link->next) {
        const char *problem = read_word(&reading, link->word.text);
        if (problem != NULL)
            return problem;
    }
    const char *problem = check(&reading);
    if (problem != NULL)
        return problem;
    field->type = type_of(types, &reading, param->span);
    return NULL;
}

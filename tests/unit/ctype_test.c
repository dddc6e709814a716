/* Types of fields as they are read and compared (R5). */
#include "ctype.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct ctypes types;

/* "unsigned long n" as the parser would hand it over. */
static const char *read_text(const char *text, struct field *field)
{
    struct param param = {0};
    for (const char *at = text; *at != '\0';) {
        size_t length = *at == '*' ? 1 : strcspn(at, " *");
        if (length > 0) {
            struct word_link *link = arena_alloc(types.arena, sizeof *link);
            link->word.text = arena_intern(types.arena, at, length);
            if (param.words.last != NULL)
                param.words.last->next = link;
            else
                param.words.first = link;
            param.words.last = link;
            param.words.count++;
        }
        at += length;
        at += strspn(at, " ");
    }
    *field = (struct field){0};
    return ctype_read(&types, &param, field);
}

static void assert_reads(const char *text, const char *type, const char *name)
{
    struct field field;
    assert_null(read_text(text, &field));
    assert_string_equal(field.type->text, type);
    assert_string_equal(field.name, name);
}

static void assert_refused(const char *text, const char *why)
{
    struct field field;
    const char *problem = read_text(text, &field);
    assert_non_null(problem);
    assert_non_null(strstr(problem, why));
}

static void ctype_read__spellings_of_one_type__are_one_type(void **state)
{
    (void)state;
    static const char *const same[][3] = {
        {"unsigned n", "unsigned int n", "int unsigned n"},
        {"long n", "signed long int n", "int long n"},
        {"unsigned long long n", "long unsigned int long n", "long long unsigned n"},
        {"short n", "signed short n", "int short signed n"},
        {"bool b", "_Bool b", "bool b"},
        {"char const *s", "const char*s", "const char * s"},
        {"long double d", "double long d", "long double d"},
        {"struct conn const volatile *c", "volatile const struct conn *c",
         "const struct conn volatile *c"}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct field fields[3];
        for (unsigned k = 0; k < 3; k++)
            assert_null(read_text(same[i][k], &fields[k]));
        assert_ptr_equal(fields[0].type, fields[1].type);
        assert_ptr_equal(fields[0].type, fields[2].type);
    }
}

static void ctype_read__different_types__differ(void **state)
{
    (void)state;
    static const char *const different[] = {
        "char c",        "signed char c",  "unsigned char c", "int c",          "long c",
        "long long c",   "char *c",        "const char *c",   "char *const *c", "char **c",
        "struct conn c", "struct conn *c", "union conn *c",   "conn *c",        "size_t c"};
    enum { COUNT = sizeof different / sizeof different[0] };
    struct field fields[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        assert_null(read_text(different[i], &fields[i]));
        for (unsigned k = 0; k < i; k++)
            assert_ptr_not_equal(fields[i].type, fields[k].type);
    }
}

static void ctype_read__any_type__text_as_c_writes_it(void **state)
{
    (void)state;
    assert_reads("char*s", "char *", "s");
    assert_reads("unsigned char * const*volatile* p", "unsigned char *const *volatile *", "p");
    assert_reads("image_tag const * request", "const image_tag *", "request");
}

static void ctype_read__kinds__are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool pointer, may_be_array;
    } cases[] = {
        {"int n", false, false},          {"struct point p", false, false},
        {"jmp_buf b", false, true},       {"uint64_t n", false, false},
        {"size_t n", false, false},       {"jmp_buf *b", true, false},
        {"volatile int v", false, false}, {"char *restrict p", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct field field;
        assert_null(read_text(cases[i].text, &field));
        assert_int_equal(field.type->pointer, cases[i].pointer);
        assert_int_equal(field.type->may_be_array, cases[i].may_be_array);
    }
}

static void ctype_read__not_a_type_and_a_name__says_why(void **state)
{
    (void)state;
    assert_refused("n", "needs a type and a name");
    assert_refused("char *", "has no name");
    assert_refused("unsigned long", "has no name");
    assert_refused("const int n", "cannot be const");
    assert_refused("char *const p", "cannot be const");
    assert_refused("void v", "cannot be void");
    assert_refused("unsigned float f", "C does not know");
    assert_refused("long long long n", "'long' is too much");
    assert_refused("long long long long n", "'long' is too much");
    assert_refused("foo bar n", "'bar' is too much");
    assert_refused("struct *p", "a name after 'struct'");
    assert_refused("struct int p", "a name after 'struct'");
    assert_refused("struct n", "a name after 'struct'");
    assert_refused("static int n", "cannot have 'static'");
    assert_refused("int * x n", "cannot have 'x' behind a star");
    assert_refused("int ************* n", "stars");
    assert_refused("const n", "has no type");
}

static void fields_set__equal_types__equal_pointers(void **state)
{
    (void)state;
    struct field left[2], right[2];
    struct fields a, b, none;
    assert_null(read_text("int fd", &left[0]));
    assert_null(read_text("char *s", &left[1]));
    assert_null(read_text("signed other", &right[0]));
    assert_null(read_text("char* name", &right[1]));
    fields_set(types.arena, &a, left, 2);
    fields_set(types.arena, &b, right, 2);
    fields_set(types.arena, &none, NULL, 0);
    assert_string_equal(a.types, "int, char *");
    assert_ptr_equal(a.types, b.types);
    assert_string_equal(none.types, "");
}

static int set_up(void **state)
{
    (void)state;
    types = (struct ctypes){.arena = arena_new()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(types.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ctype_read__spellings_of_one_type__are_one_type),
        cmocka_unit_test(ctype_read__different_types__differ),
        cmocka_unit_test(ctype_read__any_type__text_as_c_writes_it),
        cmocka_unit_test(ctype_read__kinds__are_told_apart),
        cmocka_unit_test(ctype_read__not_a_type_and_a_name__says_why),
        cmocka_unit_test(fields_set__equal_types__equal_pointers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Media types: those known here, those of a list, and what is said to be text. */
#include "mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "allocation.h"

#define UNKNOWN "application/octet-stream"

static int load(const char *content)
{
    char name[] = "/tmp/mime_test_XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
    int error = mime_load(name);
    unlink(name);
    return error;
}

static void mime_type__without_a_list__what_pages_are_made_of(void **state)
{
    (void)state;
    const char *const cases[][2] = {
        {"index.html", "text/html; charset=utf-8"},
        {"a/b.c/style.css", "text/css; charset=utf-8"},
        {"app.js", "text/javascript; charset=utf-8"},
        {"app.mjs", "text/javascript; charset=utf-8"},
        {"data.json", "application/json"},
        {"module.wasm", "application/wasm"},
        {"drawing.svg", "image/svg+xml; charset=utf-8"},
        {"font.woff2", "font/woff2"},
        {"photo.webp", "image/webp"},
        {"PHOTO.JPG", "image/jpeg"},
        {"a.tar.gz", "application/gzip"},
        {"page.html.unknown", UNKNOWN},
        {"README", UNKNOWN},
        {"", UNKNOWN},
        {".", UNKNOWN},
        {"x.", UNKNOWN},
        {".html", UNKNOWN},
        {"folder.html/file", UNKNOWN},
        {"folder/.html", UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(mime_type(cases[i][0]), cases[i][1]);
}

static void mime_load__a_list__adds_to_what_is_known(void **state)
{
    (void)state;
    assert_int_equal(load("# a comment\n"
                          "\n"
                          "text/x-first\t\tone two\n"
                          "application/x-second  three\ttwo # four\r\n"
                          "application/x-extensionless\n"
                          "application/x-page html\n"
                          "model/example+xml five\n"
                          "no-type six\n"
                          "text/evil\x01 seven\n"
                          "text/evil;x=y eight\n"
                          "image/last LAST"),
                     0);
    assert_string_equal(mime_type("a.one"), "text/x-first; charset=utf-8");
    assert_string_equal(mime_type("a.two"), "text/x-first; charset=utf-8");
    assert_string_equal(mime_type("a.Three"), "application/x-second");
    assert_string_equal(mime_type("a.four"), UNKNOWN);
    assert_string_equal(mime_type("a.five"), "model/example+xml; charset=utf-8");
    assert_string_equal(mime_type("a.six"), UNKNOWN);
    assert_string_equal(mime_type("a.seven"), UNKNOWN);
    assert_string_equal(mime_type("a.eight"), UNKNOWN);
    assert_string_equal(mime_type("a.last"), "image/last");
    assert_string_equal(mime_type("a.html"), "text/html; charset=utf-8");
    mime_unload();
    assert_string_equal(mime_type("a.one"), UNKNOWN);
    assert_string_equal(mime_type("a.html"), "text/html; charset=utf-8");
}

static void mime_load__types_of_any_length__none_too_long(void **state)
{
    (void)state;
    char line[400] = "text/";
    memset(line + 5, 'x', MIME_TYPE_LENGTH);
    for (size_t length = 60; length <= MIME_TYPE_LENGTH; length++) {
        strcpy(line + length, " long\n");
        assert_int_equal(load(line), 0);
        const char *type = mime_type("a.long");
        assert_true(strlen(type) <= MIME_TYPE_LENGTH);
        assert_int_equal(strncmp(type, "text/x", 6) == 0,
                         length + strlen("; charset=utf-8") <= MIME_TYPE_LENGTH);
        memset(line + length, 'x', 6);
        mime_unload();
    }
}

static void mime_load__the_list_of_the_system__knows_more(void **state)
{
    (void)state;
    if (access("/etc/mime.types", R_OK) != 0)
        skip();
    assert_int_equal(mime_load("/etc/mime.types"), 0);
    assert_string_equal(mime_type("a.odt"), "application/vnd.oasis.opendocument.text");
    assert_string_equal(mime_type("a.flac"), "audio/flac");
    assert_string_equal(mime_type("a.js"), "text/javascript; charset=utf-8");
    mime_unload();
}

static void mime_load__no_such_file__says_so(void **state)
{
    (void)state;
    assert_int_equal(mime_load("/nonexistent/mime.types"), ENOENT);
    assert_int_equal(mime_load("/"), EIO);
    assert_string_equal(mime_type("a.css"), "text/css; charset=utf-8");
}

static void mime_load__memory_runs_out__what_there_is_of_it(void **state)
{
    (void)state;
    allocations_left = 1;
    int error = load("text/x-a a\ntext/x-b b\ntext/x-c c\n");
    allocations_left = -1;
    assert_int_equal(error, ENOMEM);
    assert_string_equal(mime_type("x.a"), "text/x-a; charset=utf-8");
    assert_string_equal(mime_type("x.b"), UNKNOWN);
    mime_unload();
}

static void mime_is_compressible__types__text_and_the_like(void **state)
{
    (void)state;
    const char *const yes[] = {"text/html; charset=utf-8", "text/plain",
                               "application/json",         "image/svg+xml; charset=utf-8",
                               "application/xml",          "application/manifest+json",
                               "application/wasm",         "font/ttf",
                               "application/javascript",   "application/rss+xml; charset=x"};
    const char *const no[] = {
        "image/png",       "image/jpeg",        "video/mp4", "application/gzip",
        "application/zip", "application/pdf",   UNKNOWN,     "font/woff2",
        "audio/mpeg",      "application/jsonx", ""};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(mime_is_compressible(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(mime_is_compressible(no[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mime_type__without_a_list__what_pages_are_made_of),
        cmocka_unit_test(mime_load__a_list__adds_to_what_is_known),
        cmocka_unit_test(mime_load__types_of_any_length__none_too_long),
        cmocka_unit_test(mime_load__the_list_of_the_system__knows_more),
        cmocka_unit_test(mime_load__no_such_file__says_so),
        cmocka_unit_test(mime_load__memory_runs_out__what_there_is_of_it),
        cmocka_unit_test(mime_is_compressible__types__text_and_the_like),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What paths lead to: files, folders, scripts, and nothing. */
// libs: -lz
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const index_names[] = {"index.html", "index.php", NULL};
static char folder[] = "/tmp/file_test-XXXXXX";
static struct file_options options = {.in_memory = 1000, .index_names = index_names};

static int open_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    options.root = open(".", O_PATH | O_DIRECTORY);
    return options.root < 0;
}

static int remove_folder(void **state)
{
    char command[100];
    (void)state;
    close(options.root);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Long after, so that what was written is another time. */
static void touch(const char *name, time_t seconds)
{
    const struct timespec times[] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    assert_int_equal(utimensat(AT_FDCWD, name, times, 0), 0);
}

static struct file *look(const char *path, struct file *old)
{
    int error = -1;
    struct file *file = file_open(&options, path, old, &error);
    assert_int_equal(error, 0);
    assert_non_null(file);
    return file;
}

static bool has_field(const struct file *file, const char *field, size_t within)
{
    char text[FILE_FIELDS_SIZE + 3] = "\r\n", line[200];
    memcpy(text + 2, file->fields, within);
    snprintf(line, sizeof line, "\r\n%s\r\n", field);
    return strstr(text, line) != NULL;
}

static void file_open__small_file__in_memory_with_its_fields(void **state)
{
    (void)state;
    write_file("a.html", "<p>a");
    touch("a.html", 784111777);
    struct file *file = look("a.html", NULL);
    assert_int_equal(file->kind, FILE_REGULAR);
    assert_int_equal(file->descriptor, -1);
    assert_int_equal(file->size, 4);
    assert_memory_equal(file->bytes, "<p>a", 4);
    size_t whole = file->fields_length, shared = file->shared_length;
    assert_true(has_field(file, "Content-Length: 4", whole));
    assert_true(has_field(file, "Content-Type: text/html; charset=utf-8", whole));
    assert_true(has_field(file, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", shared));
    assert_false(has_field(file, "Content-Length: 4", shared));
    char etag[100];
    snprintf(etag, sizeof etag, "ETag: %s", file->etag);
    assert_true(has_field(file, etag, shared));
    file_free(file);
}

static void file_open__rfc9110_8_8_2_1_file_of_the_future__modified_now(void **state)
{
    (void)state;
    const time_t before = time(NULL);
    write_file("future", "x");
    touch("future", before + 100000);
    struct file *file = look("future", NULL);
    assert_in_range(file->modified, before, time(NULL));
    assert_int_equal(file->stat.st_mtim.tv_sec, before + 100000);
    file_free(file);
}

static void file_open__large_file__a_descriptor(void **state)
{
    (void)state;
    char text[1002] = "";
    memset(text, 'x', sizeof text - 1);
    write_file("large", text);
    struct file *file = look("large", NULL);
    assert_null(file->bytes);
    assert_true(file->descriptor >= 0);
    assert_int_equal(file->size, 1001);
    file_free(file);
}

static void file_open__unchanged__the_same(void **state)
{
    (void)state;
    write_file("b", "1");
    touch("b", 1000000000);
    struct file *file = look("b", NULL);
    assert_ptr_equal(look("b", file), file);
    write_file("b", "2");
    struct file *changed = look("b", file);
    assert_ptr_not_equal(changed, file);
    assert_string_not_equal(changed->etag, file->etag);
    assert_memory_equal(changed->bytes, "2", 1);
    file_free(changed);
    unlink("b");
    struct file *gone = look("b", file);
    assert_int_equal(gone->kind, FILE_NONE);
    assert_int_equal(gone->error, ENOENT);
    file_free(gone);
    file_free(file);
}

static void file_open__folder__its_index_or_a_redirect(void **state)
{
    (void)state;
    mkdir("sub", 0755);
    struct file *file = look("sub", NULL);
    assert_int_equal(file->kind, FILE_REDIRECT);
    file_free(file);
    file = look("sub/", NULL);
    assert_int_equal(file->kind, FILE_NONE);
    assert_int_equal(file->error, EPERM);
    file_free(file);
    options.listing = true;
    file = look("sub/", NULL);
    assert_int_equal(file->kind, FILE_REGULAR);
    assert_non_null(file->bytes);
    file_free(file);
    options.listing = false;
    write_file("sub/index.html", "index");
    file = look("sub/", NULL);
    assert_int_equal(file->kind, FILE_REGULAR);
    assert_memory_equal(file->bytes, "index", 5);
    assert_ptr_equal(look("sub/", file), file);
    file_free(file);
    file = look("sub/index.html/", NULL);
    assert_int_equal(file->kind, FILE_NONE);
    file_free(file);
}

static void file_open__script__never_its_source(void **state)
{
    (void)state;
    mkdir("php", 0755);
    write_file("php/index.php", "<?php secret");
    struct file *file = look("php/index.php", NULL);
    assert_int_equal(file->kind, FILE_REGULAR); /* there is nothing that would run it */
    file_free(file);
    options.scripts = true;
    file = look("php/index.php", NULL);
    assert_int_equal(file->kind, FILE_SCRIPT);
    assert_int_equal(file->script_length, strlen("php/index.php"));
    assert_null(file->bytes);
    file_free(file);
    file = look("php/", NULL);
    assert_int_equal(file->kind, FILE_SCRIPT);
    assert_string_equal(file->script, "php/index.php");
    file_free(file);
    file = look("php/index.php/2026/may", NULL);
    assert_int_equal(file->kind, FILE_SCRIPT);
    assert_int_equal(file->script_length, strlen("php/index.php"));
    file_free(file);
    file = look("php/other.php/2026", NULL);
    assert_int_equal(file->kind, FILE_NONE);
    file_free(file);
    options.scripts = false;
}

static void file_open__compressed_beside__sent_for_it_while_it_is_not_older(void **state)
{
    (void)state;
    options.gzip = true;
    write_file("c.html", "plain");
    write_file("c.html.gz", "packed");
    touch("c.html", 1000000000);
    touch("c.html.gz", 1000000000);
    struct file *file = look("c.html", NULL);
    assert_non_null(file->gzip);
    assert_memory_equal(file->gzip->bytes, "packed", 6);
    assert_true(has_field(file->gzip, "Content-Encoding: gzip", file->gzip->fields_length));
    assert_true(has_field(file->gzip, "Vary: Accept-Encoding", file->gzip->shared_length));
    assert_true(has_field(file, "Vary: Accept-Encoding", file->shared_length));
    assert_true(
        has_field(file->gzip, "Content-Type: text/html; charset=utf-8", file->gzip->fields_length));
    assert_string_not_equal(file->etag, file->gzip->etag);
    assert_ptr_equal(look("c.html", file), file);
    write_file("c.html.gz", "packed anew");
    struct file *changed = look("c.html", file);
    assert_ptr_not_equal(changed, file);
    assert_memory_equal(changed->gzip->bytes, "packed anew", 11);
    file_free(file);
    touch("c.html", 2000000000);
    file = look("c.html", changed);
    assert_null(file->gzip);
    file_free(file);
    file_free(changed);
    options.gzip = false;
}

static void file_compress__text_or_noise__when_it_gets_smaller(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    options.gzip = true;
    options.in_memory = sizeof text;
    write_file("d.html", text);
    struct file *file = look("d.html", NULL), *gzip = file_compress(file);
    assert_non_null(gzip);
    assert_true(gzip->size < 500);
    assert_true(has_field(gzip, "Content-Encoding: gzip", gzip->fields_length));
    assert_string_not_equal(file->etag, gzip->etag);
    file_free(gzip);
    file_free(file);
    write_file("e.html", "short");
    file = look("e.html", NULL);
    assert_null(file_compress(file));
    file_free(file);
    options.gzip = false;
}

static void file_open__no_descriptors__says_nothing_of_the_path(void **state)
{
    (void)state;
    int taken[2048], count = 0, error;
    write_file("f", "f");
    while (count < 2048 && (taken[count] = open("/dev/null", O_RDONLY)) >= 0)
        count++;
    if (count < 2048) {
        assert_null(file_open(&options, "f", NULL, &error));
        assert_int_equal(error, EMFILE);
    }
    while (count > 0)
        close(taken[--count]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_open__small_file__in_memory_with_its_fields),
        cmocka_unit_test(file_open__rfc9110_8_8_2_1_file_of_the_future__modified_now),
        cmocka_unit_test(file_open__large_file__a_descriptor),
        cmocka_unit_test(file_open__unchanged__the_same),
        cmocka_unit_test(file_open__folder__its_index_or_a_redirect),
        cmocka_unit_test(file_open__script__never_its_source),
        cmocka_unit_test(file_open__compressed_beside__sent_for_it_while_it_is_not_older),
        cmocka_unit_test(file_compress__text_or_noise__when_it_gets_smaller),
        cmocka_unit_test(file_open__no_descriptors__says_nothing_of_the_path),
    };
    return cmocka_run_group_tests_name("file", tests, open_folder, remove_folder);
}

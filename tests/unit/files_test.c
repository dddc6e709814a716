/* The cache of open files: what is fresh, what goes, and what those who use it see. */
// libs: -lz
#include "files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)

static struct file *a_file(const char *path, size_t size)
{
    struct file *file = calloc(1, sizeof *file + strlen(path) + 1);
    strcpy(file->path, path);
    file->kind = FILE_REGULAR;
    file->descriptor = -1;
    file->size = size;
    file->bytes = calloc(1, size + 1);
    return file;
}

static struct file *an_open_file(const char *path)
{
    struct file *file = a_file(path, 0);
    free((void *)file->bytes);
    file->bytes = NULL;
    file->descriptor = fileno(tmpfile());
    return file;
}

/* Puts it in and lets go of it. */
static struct file *put(struct files *files, struct file *file, uint64_t now)
{
    struct file *kept = files_keep(files, NULL, file, now);
    assert_ptr_equal(kept, file);
    files_release(files, kept);
    return file;
}

static bool has(struct files *files, const char *path)
{
    bool fresh;
    struct file *file = files_find(files, path, 0, &fresh);
    if (file != NULL)
        files_release(files, file);
    return file != NULL;
}

static void files_find__within_half_a_second__fresh(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 10, 10);
    bool fresh = true;
    assert_null(files_find(files, "a", 0, &fresh));
    put(files, a_file("a", 5), 1000 * MS);
    struct file *file = files_find(files, "a", 1499 * MS, &fresh);
    assert_non_null(file);
    assert_true(fresh);
    files_release(files, file);
    files_free(files);
}

static void files_find__after_half_a_second__one_looks_and_the_others_go_on(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 10, 10);
    bool fresh = true;
    struct file *file = put(files, a_file("a", 5), 1000 * MS);
    assert_ptr_equal(files_find(files, "a", 1500 * MS, &fresh), file);
    assert_false(fresh);
    assert_ptr_equal(files_find(files, "a", 1600 * MS, &fresh), file);
    assert_true(fresh);
    /* Who was to look takes too long: now everybody does. */
    assert_ptr_equal(files_find(files, "a", 2000 * MS, &fresh), file);
    assert_false(fresh);
    /* It has not changed. */
    assert_ptr_equal(files_keep(files, file, file, 2100 * MS), file);
    assert_ptr_equal(files_find(files, "a", 2599 * MS, &fresh), file);
    assert_true(fresh);
    for (int i = 0; i < 4; i++)
        files_release(files, file);
    files_free(files);
}

static void files_keep__nobody_could_look__the_next_one_does(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 10, 10);
    bool fresh = true;
    struct file *file = put(files, a_file("a", 5), 1000 * MS);
    assert_ptr_equal(files_find(files, "a", 1500 * MS, &fresh), file);
    assert_ptr_equal(files_keep(files, file, NULL, 1510 * MS), file);
    files_release(files, file);
    assert_ptr_equal(files_find(files, "a", 1520 * MS, &fresh), file);
    assert_false(fresh);
    files_release(files, file);
    files_free(files);
}

static void files_keep__changed__those_who_use_the_old_one_go_on_with_it(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 10, 10);
    bool fresh = true;
    struct file *old = put(files, a_file("a", 5), 0);
    assert_ptr_equal(files_find(files, "a", 100 * MS, &fresh), old);
    assert_ptr_equal(files_find(files, "a", 600 * MS, &fresh), old);
    struct file *changed = a_file("a", 6);
    assert_ptr_equal(files_keep(files, old, changed, 700 * MS), changed);
    assert_ptr_equal(files_find(files, "a", 800 * MS, &fresh), changed);
    assert_true(fresh);
    assert_int_equal(files_count(files), 1);
    assert_int_equal(old->size, 5); /* still there, for the one who found it first */
    files_release(files, old);
    files_release(files, changed);
    files_release(files, changed);
    files_free(files);
}

static void files_keep__two_looked_at_the_same_time__one_is_kept(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 10, 10);
    struct file *first = files_keep(files, NULL, a_file("a", 5), 0);
    struct file *second = files_keep(files, NULL, a_file("a", 5), 0);
    assert_int_equal(files_count(files), 1);
    files_release(files, first);
    files_release(files, second);
    assert_true(has(files, "a"));
    files_free(files);
}

static void files_keep__more_than_fits__what_was_not_used_goes_first(void **state)
{
    (void)state;
    struct files *files = files_new(1000000, 3, 10);
    put(files, a_file("a", 5), 0);
    put(files, a_file("b", 5), 0);
    put(files, a_file("c", 5), 0);
    assert_true(has(files, "a"));
    put(files, a_file("d", 5), 0);
    assert_int_equal(files_count(files), 3);
    assert_true(has(files, "a"));
    assert_false(has(files, "b"));
    files_free(files);
}

static void files_keep__more_bytes_than_allowed__within_them_again(void **state)
{
    (void)state;
    struct files *files = files_new(20000, 100, 10);
    char path[16];
    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof path, "%d", i);
        put(files, a_file(path, 3000), 0);
        assert_true(files_bytes(files) <= 20000);
    }
    assert_true(files_count(files) > 3);
    files_free(files);
}

static void files_keep__larger_than_everything__used_and_not_kept(void **state)
{
    (void)state;
    struct files *files = files_new(20000, 100, 10);
    struct file *file = files_keep(files, NULL, a_file("a", 30000), 0);
    assert_non_null(file);
    assert_int_equal(file->bytes[29999], 0);
    files_release(files, file);
    assert_false(has(files, "a"));
    assert_int_equal(files_bytes(files), 0);
    files_free(files);
}

static void files_keep__more_descriptors_than_allowed__some_are_closed(void **state)
{
    (void)state;
    struct files *files = files_new(1000000, 100, 2);
    put(files, an_open_file("a"), 0);
    put(files, an_open_file("b"), 0);
    put(files, an_open_file("c"), 0);
    assert_int_equal(files_descriptors(files), 2);
    assert_int_equal(files_count(files), 2);
    files_free(files);
}

static void files_shed__in_use_or_in_memory__left_alone(void **state)
{
    (void)state;
    struct files *files = files_new(1000000, 100, 10);
    bool fresh;
    put(files, an_open_file("a"), 0);
    put(files, an_open_file("b"), 0);
    put(files, a_file("c", 5), 0);
    struct file *used = files_find(files, "a", 0, &fresh);
    assert_true(files_shed(files));
    assert_false(files_shed(files));
    assert_true(has(files, "a"));
    assert_false(has(files, "b"));
    assert_true(has(files, "c"));
    files_release(files, used);
    files_free(files);
}

static void files_keep_gzip__counted__and_goes_with_its_file(void **state)
{
    (void)state;
    struct files *files = files_new(100000, 100, 10);
    struct file *file = files_keep(files, NULL, a_file("a", 1000), 0);
    uint64_t before = files_bytes(files);
    files_keep_gzip(files, file, a_file("a", 400));
    assert_true(files_bytes(files) >= before + 400);
    struct file *gzip = file->gzip;
    files_keep_gzip(files, file, a_file("a", 400)); /* another flow has done the same */
    assert_ptr_equal(file->gzip, gzip);
    files_release(files, file);
    files_free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_find__within_half_a_second__fresh),
        cmocka_unit_test(files_find__after_half_a_second__one_looks_and_the_others_go_on),
        cmocka_unit_test(files_keep__nobody_could_look__the_next_one_does),
        cmocka_unit_test(files_keep__changed__those_who_use_the_old_one_go_on_with_it),
        cmocka_unit_test(files_keep__two_looked_at_the_same_time__one_is_kept),
        cmocka_unit_test(files_keep__more_than_fits__what_was_not_used_goes_first),
        cmocka_unit_test(files_keep__more_bytes_than_allowed__within_them_again),
        cmocka_unit_test(files_keep__larger_than_everything__used_and_not_kept),
        cmocka_unit_test(files_keep__more_descriptors_than_allowed__some_are_closed),
        cmocka_unit_test(files_shed__in_use_or_in_memory__left_alone),
        cmocka_unit_test(files_keep_gzip__counted__and_goes_with_its_file),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}

/* The files of a torrent on the disk; addresses of peers; how fast bytes may move; what one flow
 * leaves for another. */
#include "bandwidth.h"
#include "candidates.h"
#include "handover.h"
#include "storage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE 1000000u

static char folder[] = "/tmp/storage-test-XXXXXX";
static struct metainfo_file files[] = {
    {(char *)"t/a", 0, 5, false},
    {(char *)"t/empty", 5, 0, false},
    {(char *)"t/.pad/3", 5, 3, true},
    {(char *)"t/dir/b", 8, LARGE, false},
};
static struct metainfo metainfo = {
    .length = 8 + LARGE, .piece_length = 8, .files = files, .file_count = 4};

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct storage opened(bool read_only, uint64_t descriptors)
{
    struct storage storage;
    const char *path;
    assert_int_equal(storage_open(&storage, &metainfo, folder, read_only, descriptors, &path), 0);
    return storage;
}

/* Across files, whether they stay open or not. */
static void storage__written__is_read(void **state)
{
    (void)state;
    for (uint64_t descriptors = 0; descriptors <= 4; descriptors += 2) {
        struct storage storage = opened(false, descriptors);
        char data[16];
        assert_int_equal(storage_write(&storage, 3, "deXXXfghi", 9), 0);
        assert_int_equal(storage_read(&storage, 3, data, 9), 0);
        assert_memory_equal(data, "de\0\0\0fghi", 9); /* what is padding is zeros */
        struct storage_part part = storage_part(&storage, 8, 100);
        assert_true(part.file == 3 && part.offset == 0 && part.size == 100 && !part.padding);
        part = storage_part(&storage, 5, 100);
        assert_true(part.file == 2 && part.size == 3 && part.padding);
        storage_close(&storage);
        assert_int_equal(storage.files == NULL, 1);
    }
}

static void storage__zeros__leave_holes(void **state)
{
    (void)state;
    static char zeros[LARGE];
    struct stat status;
    char path[64];
    struct storage storage = opened(false, 4);
    assert_int_equal(storage_write(&storage, 8, zeros + 4, 4), 0); /* over what is there */
    assert_int_equal(storage_write(&storage, 12, zeros, LARGE - 4), 0);
    snprintf(path, sizeof path, "%s/t/dir/b", folder);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_blocks * 512 < LARGE / 2);
    assert_true(storage_is_hole(&storage, 500000, 1000));
    assert_false(storage_is_hole(&storage, 3, 100));
    assert_int_equal(storage_write(&storage, 500100, "x", 1), 0);
    assert_false(storage_is_hole(&storage, 500000, 1000));
    storage_close(&storage);
}

static void storage__only_to_read__makes_nothing(void **state)
{
    (void)state;
    char elsewhere[64], data[4];
    const char *path;
    struct storage storage;
    snprintf(elsewhere, sizeof elsewhere, "%s/none", folder);
    assert_int_equal(storage_open(&storage, &metainfo, elsewhere, true, 4, &path), ENOENT);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(storage_open(&storage, &metainfo, elsewhere, true, 4, &path), 0);
    assert_int_equal(storage_read(&storage, 0, data, 4), ENOENT);
    assert_true(storage_is_hole(&storage, 0, 4));
    storage_close(&storage);
    assert_int_equal(rmdir(elsewhere), 0);
}

static void storage__links_and_devices__are_not_opened(void **state)
{
    (void)state;
    char elsewhere[64], link[100];
    const char *path;
    struct storage storage;
    snprintf(elsewhere, sizeof elsewhere, "%s/x", folder);
    snprintf(link, sizeof link, "%s/x/t", folder);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(symlink(folder, link), 0);
    assert_int_not_equal(storage_open(&storage, &metainfo, elsewhere, false, 4, &path), 0);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(mkdir(link, 0700), 0);
    strcat(link, "/a");
    assert_int_equal(mkfifo(link, 0600), 0);
    assert_int_equal(storage_open(&storage, &metainfo, elsewhere, false, 4, &path), EINVAL);
    assert_string_equal(path, "t/a");
}

/* ---- addresses ------------------------------------------------------------------------------- */

#define SECOND UINT64_C(1000000000)

static struct peer at(uint8_t last, uint16_t port)
{
    return (struct peer){.family = AF_INET, .port = port, .address = {10, 0, 0, last}};
}

static void candidates__failures__wait_longer_each_time(void **state)
{
    (void)state;
    static struct candidates candidates;
    struct peer one = at(1, 1), got, nobody = at(1, 0), zero = {.family = AF_INET, .port = 5};
    candidates_add(&candidates, &one);
    candidates_add(&candidates, &one);
    candidates_add(&candidates, &nobody);
    candidates_add(&candidates, &zero);
    assert_int_equal(candidates.count, 1);
    uint64_t now = SECOND, before = 0;
    for (int i = 0; i < 5; i++) {
        assert_true(candidates_next(&candidates, now, &got));
        assert_true(peer_same(&got, &one));
        assert_false(candidates_next(&candidates, now + 10000 * SECOND, &got)); /* busy */
        candidates_done(&candidates, &one, true, now);
        uint64_t wait = candidates.list[0].next_try - now;
        assert_true(wait > before / 2);
        assert_false(candidates_next(&candidates, now + wait - 1, &got));
        now += wait;
        before = wait;
    }
    assert_true(before > 60 * SECOND);
}

static void candidates__full__the_worst_goes(void **state)
{
    (void)state;
    static struct candidates candidates;
    struct peer got, late = at(250, 9);
    for (unsigned i = 0; i < CANDIDATES_MOST; i++) {
        struct peer one = at((uint8_t)(i % 200 + 1), (uint16_t)(i / 200 + 1));
        candidates_add(&candidates, &one);
    }
    assert_int_equal(candidates.count, CANDIDATES_MOST);
    candidates_add(&candidates, &late);
    assert_true(candidates_next(&candidates, 1, &got));
    candidates_done(&candidates, &got, true, 1);
    candidates_add(&candidates, &late);
    assert_int_equal(candidates.count, CANDIDATES_MOST);
    candidates_add(&candidates, &got); /* has gone, and there is no place */
    assert_int_equal(candidates_free(&candidates), CANDIDATES_MOST);
    candidates_ban(&candidates, &late);
    assert_int_equal(candidates.count, CANDIDATES_MOST - 1);
    late.port = 77;
    candidates_add(&candidates, &late);
    assert_true(candidates_banned(&candidates, &late));
    assert_int_equal(candidates.count, CANDIDATES_MOST - 1);
}

/* ---- limits, and a queue --------------------------------------------------------------------- */

static void bucket__debt__is_paid_back(void **state)
{
    (void)state;
    struct bucket bucket = {.limit = 100000}, none = {0};
    uint64_t now = SECOND, taken = 0;
    assert_true(bucket_look(&none, now) == UINT64_MAX);
    for (; now < 11 * SECOND; now += SECOND / 100) {
        if (bucket_look(&bucket, now) > 0) {
            bucket_take(&bucket, 16384);
            taken += 16384;
            assert_true(bucket_wait(&bucket) >= 1);
        }
    }
    assert_true(taken > 950000 && taken < 1050000);
}

static void rate__steady__is_found(void **state)
{
    (void)state;
    struct rate rate = {0};
    for (int i = 0; i < 20; i++) {
        rate_count(&rate, 1000);
        rate_tick(&rate, 1);
    }
    assert_true(rate.per_second > 950 && rate.per_second < 1050);
    assert_int_equal(rate.total, 20000);
    for (int i = 0; i < 30; i++)
        rate_tick(&rate, 1);
    assert_true(rate.per_second == 0);
}

static void handover__put__comes_out_in_order(void **state)
{
    (void)state;
    struct handover handover = HANDOVER_CLOSED;
    int thing = 0, count = 0;
    assert_int_equal(handover_open(&handover, sizeof thing), 0);
    assert_int_equal(handover_try(&handover, &thing), EAGAIN);
    while (handover_put(&handover, &count) == 0)
        count++;
    assert_int_equal(errno, EAGAIN);
    assert_true(count > 1000);
    for (int i = 0; i < count; i++) {
        assert_int_equal(i % 2 ? handover_take(&handover, &thing) : handover_try(&handover, &thing),
                         0);
        assert_int_equal(thing, i);
    }
    handover_close(&handover);
    handover_close(&handover);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storage__written__is_read),
        cmocka_unit_test(storage__zeros__leave_holes),
        cmocka_unit_test(storage__only_to_read__makes_nothing),
        cmocka_unit_test(storage__links_and_devices__are_not_opened),
        cmocka_unit_test(candidates__failures__wait_longer_each_time),
        cmocka_unit_test(candidates__full__the_worst_goes),
        cmocka_unit_test(bucket__debt__is_paid_back),
        cmocka_unit_test(rate__steady__is_found),
        cmocka_unit_test(handover__put__comes_out_in_order),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

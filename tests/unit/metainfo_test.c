/* Torrents and magnet links: what is taken, and what is refused. */
#include "magnet.h"
#include "metainfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH  "aaaaaaaaaaaaaaaaaaaa"
#define HASH2 HASH HASH

static const char *why;

static int parse_info(struct metainfo *metainfo, const char *text)
{
    return metainfo_parse_info(metainfo, text, strlen(text), &why);
}

static void refused(const char *text, const char *reason)
{
    struct metainfo metainfo;
    why = "";
    assert_int_equal(parse_info(&metainfo, text), EBADMSG);
    if (strstr(why, reason) == NULL)
        fail_msg("'%s' is refused since '%s', not '%s'", text, why, reason);
    assert_null(metainfo.files);
    assert_null(metainfo.info);
}

static void metainfo_parse__single_file__all_is_there(void **state)
{
    (void)state;
    struct metainfo metainfo;
    const char *text =
        "d8:announce17:http://a/announce13:announce-listll8:http://b9:udp://c:1el8:"
        "bogus://ee4:infod6:lengthi20000e4:name1:x12:piece lengthi16384e6:pieces40:" HASH2
        "7:privatei1eee";
    assert_int_equal(metainfo_parse(&metainfo, text, strlen(text), &why), 0);
    assert_string_equal(metainfo.name, "x");
    assert_int_equal(metainfo.pieces, 2);
    assert_int_equal(metainfo.length, 20000);
    assert_true(metainfo.is_private);
    assert_int_equal(metainfo.file_count, 1);
    assert_string_equal(metainfo.files[0].path, "x");
    assert_int_equal(metainfo_piece_size(&metainfo, 0), 16384);
    assert_int_equal(metainfo_piece_size(&metainfo, 1), 20000 - 16384);
    assert_memory_equal(metainfo_hash(&metainfo, 1), HASH, 20);
    assert_int_equal(metainfo.tracker_count, 2);
    assert_string_equal(metainfo.trackers[0].url, "http://b");
    assert_int_equal(metainfo.trackers[1].tier, 0);
    metainfo_free(&metainfo);
}

static void metainfo_parse__several_files__have_offsets(void **state)
{
    (void)state;
    struct metainfo metainfo;
    assert_int_equal(parse_info(&metainfo,
                                "d5:filesld6:lengthi5e4:pathl1:d1:beed6:lengthi0e4:pathl5:e"
                                "mptyeed4:attr1:p6:lengthi3e4:pathl4:.pad1:3eed6:lengthi7e4"
                                ":pathl1:aeee4:name1:n12:piece lengthi10e6:pieces40:" HASH2 "e"),
                     0);
    assert_int_equal(metainfo.file_count, 4);
    assert_string_equal(metainfo.files[0].path, "n/d/b");
    assert_int_equal(metainfo.files[1].length, 0);
    assert_true(metainfo.files[2].padding);
    assert_int_equal(metainfo.files[3].offset, 8);
    assert_int_equal(metainfo.length, 15);
    metainfo_free(&metainfo);
}

static void metainfo_parse__awkward_names__are_changed(void **state)
{
    (void)state;
    struct metainfo metainfo;
    char text[1000], name[NAME_MAX + 5];
    memset(name, 'x', sizeof name);
    memcpy(name, "a\nb", 3);
    memcpy(name + NAME_MAX - 1, "\xc3\xa4", 2); /* would be cut in its middle */
    int length =
        snprintf(text, sizeof text, "d6:lengthi1e4:name%zu:%.*s12:piece lengthi1e6:pieces20:%se",
                 sizeof name, (int)sizeof name, name, HASH);
    assert_int_equal(metainfo_parse_info(&metainfo, text, (size_t)length, &why), 0);
    assert_int_equal(strlen(metainfo.name), NAME_MAX - 1);
    assert_memory_equal(metainfo.name, "a_bx", 4);
    metainfo_free(&metainfo);
}

static void metainfo_parse__hostile_names__are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"2:..", "1:.", "1:/", "0:", "4:/etc", "3:a/b"};
    char text[400];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, "d6:lengthi1e4:name%s12:piece lengthi1e6:pieces20:%se",
                 names[i], HASH);
        refused(text, "its name is");
        snprintf(text, sizeof text,
                 "d5:filesld6:lengthi1e4:pathl1:a%seee4:name1:n12:piece lengthi1e6:pieces20:%se",
                 names[i], HASH);
        refused(text, "the path of a file");
    }
    struct metainfo metainfo;
    const char nul[] = "d6:lengthi1e4:name3:a\0b12:piece lengthi1e6:pieces20:" HASH "e";
    assert_int_equal(metainfo_parse_info(&metainfo, nul, sizeof nul - 1, &why), EBADMSG);
    refused("d5:filesld6:lengthi1e4:patheee4:name1:n12:piece lengthi1e6:pieces20:" HASH "e", "");
    refused("d5:filesld6:lengthi1e4:pathleee4:name1:n12:piece lengthi1e6:pieces20:" HASH "e",
            "no path");
}

static void metainfo_parse__files_in_each_others_way__are_refused(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1:a", "1:a"}, {"1:a", "1:a1:b"}, {"1:a1:b", "1:a"}, {"1:a1:b1:c", "1:a1:b"}};
    char text[400];
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        snprintf(text, sizeof text,
                 "d5:filesld6:lengthi1e4:pathl%seed6:lengthi0e4:pathl3:a.beed6:lengthi0e4:pathl%s"
                 "eee4:name1:n12:piece lengthi1e6:pieces20:%se",
                 pairs[i][0], pairs[i][1], HASH);
        refused(text, "same path");
    }
    struct metainfo metainfo;
    assert_int_equal(parse_info(&metainfo,
                                "d5:filesld6:lengthi1e4:pathl1:a1:beed6:lengthi0e4:pathl3:"
                                "a.beed6:lengthi0e4:pathl2:abeee4:name1:n12:piece lengthi1e"
                                "6:pieces20:" HASH "e"),
                     0);
    metainfo_free(&metainfo);
}

static void metainfo_parse__numbers__are_checked(void **state)
{
    (void)state;
    refused("d6:lengthi-1e4:name1:x12:piece lengthi1e6:pieces20:" HASH "e", "neither");
    refused("d6:lengthi9223372036854775807e4:name1:x12:piece lengthi1e6:pieces20:" HASH "e",
            "huge");
    refused("d6:lengthi1e4:name1:x12:piece lengthi0e6:pieces20:" HASH "e", "length of its pieces");
    refused("d6:lengthi1e4:name1:x12:piece lengthi-5e6:pieces20:" HASH "e", "length of its pieces");
    refused("d6:lengthi1e4:name1:x12:piece lengthi4294967296e6:pieces20:" HASH "e",
            "length of its pieces");
    refused("d6:lengthi1e4:name1:x12:piece lengthi1e6:pieces19:aaaaaaaaaaaaaaaaaaae", "20 bytes");
    refused("d6:lengthi1e4:name1:x12:piece lengthi1e6:pieces40:" HASH2 "e", "number of its pieces");
    refused("d6:lengthi3e4:name1:x12:piece lengthi1e6:pieces40:" HASH2 "e", "number of its pieces");
    refused("d6:lengthi1e4:name1:x12:piece lengthi1ee", "no hashes");
    refused("d6:lengthi1e12:meta versioni2e4:name1:x12:piece lengthi1ee", "version 2");
    refused("d4:name1:x12:piece lengthi1e6:pieces20:" HASH "e", "neither");
    refused("d5:filesle4:name1:x12:piece lengthi1e6:pieces20:" HASH "e", "no files");
    refused(
        "d5:filesld6:lengthi1e4:pathl1:aeee6:lengthi1e4:name1:x12:piece lengthi1e6:pieces20:" HASH
        "e",
        "neither");
    refused(
        "d5:filesld6:lengthi562949953421312e4:pathl1:aeed6:lengthi1e4:pathl1:beee4:name1:x12:piece "
        "lengthi1e6:pieces20:" HASH "e",
        "huge");
    refused("i1e", "not well-formed");
    refused("d6:lengthi1e4:name1:x12:piece lengthi1e6:pieces20:" HASH "ei1e", "not well-formed");
    struct metainfo metainfo;
    assert_int_equal(metainfo_parse(&metainfo, "d4:infoi1ee", 11, &why), EBADMSG);
    assert_int_equal(metainfo_parse(&metainfo, "4:info", 6, &why), EBADMSG);
}

static void metainfo_parse__nothing_at_all__has_no_pieces(void **state)
{
    (void)state;
    struct metainfo metainfo;
    assert_int_equal(parse_info(&metainfo, "d6:lengthi0e4:name1:x12:piece lengthi1e6:pieces0:e"),
                     0);
    assert_int_equal(metainfo.pieces, 0);
    metainfo_free(&metainfo);
}

/* ---- magnet links ---------------------------------------------------------------------------- */

static void magnet_parse__hex_and_base32__are_the_same(void **state)
{
    (void)state;
    struct magnet hex, base;
    assert_int_equal(magnet_parse(&hex,
                                  "magnet:?dn=a%20b+c&xt=urn:btih:"
                                  "00443214C74254B635CF84653A56D7C675BE77DF&tr=http%3A%2F%2Ft%2F"
                                  "a&tr.1=udp://u:1&tr=ftp://x&x.pe=127.0.0.1:7&x.pe=%5B::1%5D:8"),
                     0);
    assert_string_equal(hex.name, "a b c");
    assert_int_equal(hex.trackers.tracker_count, 2);
    assert_string_equal(hex.trackers.trackers[0].url, "http://t/a");
    assert_int_equal(hex.trackers.trackers[1].tier, 1);
    assert_int_equal(hex.peer_count, 2);
    assert_string_equal(hex.peers[1], "[::1]:8");
    assert_int_equal(magnet_parse(&base, "MAGNET:?xt=urn:btih:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
                     0);
    assert_memory_equal(hex.hash, base.hash, METAINFO_HASH);
    magnet_free(&hex);
    magnet_free(&base);
}

static void magnet_parse__without_a_hash__is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "http://x",
        "magnet:?",
        "magnet:?dn=x",
        "magnet:?xt=urn:btih:",
        "magnet:?xt=urn:btih:zz",
        "magnet:?xt=urn:btih:0123456789012345678901234567890123456789a",
        "magnet:?xt=urn:btih:g123456789012345678901234567890123456789",
        "magnet:?xt=urn:btih:1bcdefghijklmnopqrstuvwxyz234567",
        "magnet:?xt=urn:sha1:x"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct magnet magnet;
        assert_int_equal(magnet_parse(&magnet, wrong[i]), EINVAL);
        magnet_free(&magnet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metainfo_parse__single_file__all_is_there),
        cmocka_unit_test(metainfo_parse__several_files__have_offsets),
        cmocka_unit_test(metainfo_parse__awkward_names__are_changed),
        cmocka_unit_test(metainfo_parse__hostile_names__are_refused),
        cmocka_unit_test(metainfo_parse__files_in_each_others_way__are_refused),
        cmocka_unit_test(metainfo_parse__numbers__are_checked),
        cmocka_unit_test(metainfo_parse__nothing_at_all__has_no_pieces),
        cmocka_unit_test(magnet_parse__hex_and_base32__are_the_same),
        cmocka_unit_test(magnet_parse__without_a_hash__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

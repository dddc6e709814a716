/* Messages of peers, of extensions and of trackers: bytes as the BEPs have them. */
#include "extended.h"
#include "tracker.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct wire_message message;
static size_t used;

static int next(const void *data, size_t size)
{
    return wire_next(data, size, false, 1000, &message, &used);
}

static const uint8_t hash[20] = "hhhhhhhhhhhhhhhhhhhh", id[20] = "iiiiiiiiiiiiiiiiiiii";

static void wire_handshake__written__is_read(void **state)
{
    (void)state;
    struct buffer out = {0};
    wire_put_handshake(&out, hash, id);
    assert_int_equal(out.used, WIRE_HANDSHAKE_SIZE);
    assert_int_equal(wire_next(out.data, 67, true, 1000, &message, &used), 0);
    assert_int_equal(message.kind, WIRE_NOTHING);
    assert_int_equal(wire_next(out.data, 68, true, 1000, &message, &used), 0);
    assert_int_equal(message.kind, WIRE_HANDSHAKE);
    assert_int_equal(used, 68);
    assert_true(wire_speaks_fast(message.data) && wire_speaks_extended(message.data));
    assert_memory_equal(wire_info_hash(message.data), hash, 20);
    assert_memory_equal(wire_peer_id(message.data), id, 20);
    out.data[5] ^= 1;
    assert_int_equal(wire_next(out.data, 6, true, 1000, &message, &used), EPROTO); /* at once */
    buffer_free(&out);
}

static void wire_next__each_kind__as_written(void **state)
{
    (void)state;
    struct buffer out = {0};
    uint8_t head[WIRE_PIECE_HEAD];
    wire_put(&out, WIRE_UNCHOKE);
    wire_put_keep_alive(&out);
    wire_put_piece(&out, WIRE_HAVE, 0x01020304);
    wire_put_block(&out, WIRE_REQUEST, 1, 2, 3);
    wire_put_bitfield(&out, (const uint8_t *)"\xff\x80", 2);
    wire_piece_head(head, 7, 8, 2);
    buffer_add(&out, head, sizeof head);
    buffer_add(&out, "ab", 2);
    static const enum wire_kind kinds[] = {WIRE_UNCHOKE, WIRE_KEEP_ALIVE, WIRE_HAVE,
                                           WIRE_REQUEST, WIRE_BITFIELD,   WIRE_PIECE};
    size_t at = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        assert_int_equal(next(out.data + at, out.used - at), 0);
        assert_int_equal(message.kind, kinds[i]);
        if (message.kind == WIRE_HAVE)
            assert_int_equal(message.piece, 0x01020304);
        if (message.kind == WIRE_REQUEST)
            assert_true(message.piece == 1 && message.begin == 2 && message.length == 3);
        at += used;
    }
    assert_true(message.piece == 7 && message.begin == 8 && message.size == 2);
    assert_memory_equal(message.data, "ab", 2);
    assert_int_equal(at, out.used);
    assert_int_equal(next(out.data + at, 0), 0);
    assert_int_equal(message.kind, WIRE_NOTHING);
    buffer_free(&out);
}

static void wire_next__wrong_sizes__are_refused(void **state)
{
    (void)state;
    assert_int_equal(next("\0\0\3\xe9", 4), EPROTO); /* 1001: too long, known from its head */
    assert_int_equal(next("\xff\xff\xff\xff", 4), EPROTO);
    assert_int_equal(next("\0\0\3\xe8\7", 5), 0);
    assert_int_equal(message.kind, WIRE_NOTHING);
    assert_int_equal(next("\0\0\0\2\0x", 6), EPROTO);
    assert_int_equal(next("\0\0\0\4\4abc", 8), EPROTO);
    assert_int_equal(next("\0\0\0\1\6", 5), EPROTO);
    assert_int_equal(next("\0\0\0\10\7abcdefg", 12), EPROTO);
    assert_int_equal(next("\0\0\0\1\24", 5), EPROTO);
    assert_int_equal(next("\0\0\0\2\143x", 6), 0);
    assert_int_equal(message.kind, WIRE_UNKNOWN);
    assert_int_equal(used, 6);
}

/* ---- extensions ------------------------------------------------------------------------------ */

static void extended_handshake__written__is_read(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct extended peer = {0};
    struct peer address = {.family = AF_INET, .address = {1, 2, 3, 4}};
    extended_write_handshake(&out, 1234, true, 6881, 500, &address);
    assert_int_equal(extended_read_handshake(&peer, out.data, out.used), 0);
    assert_int_equal(peer.metadata, EXTENDED_METADATA);
    assert_int_equal(peer.pex, EXTENDED_PEX);
    assert_int_equal(peer.metadata_size, 1234);
    assert_int_equal(peer.most_requests, 500);
    assert_int_equal(peer.port, 6881);
    assert_string_equal(peer.client, "Flux 1.0");
    buffer_free(&out);
    const char again[] = "d1:md6:ut_pexi0eee"; /* changes what it mentions */
    assert_int_equal(extended_read_handshake(&peer, (const uint8_t *)again, strlen(again)), 0);
    assert_int_equal(peer.pex, 0);
    assert_int_equal(peer.metadata, EXTENDED_METADATA);
    const char odd[] =
        "d1:md6:ut_pexi256e11:ut_metadatai-1ee13:metadata_sizei-4e1:pi65536e4:reqqi-1ee";
    assert_int_equal(extended_read_handshake(&peer, (const uint8_t *)odd, strlen(odd)), 0);
    assert_int_equal(peer.metadata_size, 1234);
    assert_int_equal(peer.port, 6881);
    assert_int_equal(extended_read_handshake(&peer, (const uint8_t *)"le", 2), EPROTO);
}

static void metadata__written__is_read(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct metadata_message read;
    metadata_write(&out, METADATA_DATA, 3, 99);
    buffer_add(&out, "bytes", 5);
    assert_int_equal(metadata_read(&read, out.data, out.used), 0);
    assert_true(read.kind == METADATA_DATA && read.piece == 3 && read.size == 5);
    assert_memory_equal(read.data, "bytes", 5);
    buffer_free(&out);
    assert_int_equal(metadata_read(&read, (const uint8_t *)"d8:msg_typei0e5:piecei-1ee", 26),
                     EPROTO);
    assert_int_equal(metadata_read(&read, (const uint8_t *)"d8:msg_typei7e5:piecei1ee", 25), 0);
    assert_int_equal(read.kind, -1);
}

static void pex__both_families__are_read(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct pex_list added = {.count = 2}, dropped = {.count = 1};
    struct pex_message read;
    added.peers[0] = (struct peer){.family = AF_INET, .port = 0x1ae1, .address = {127, 0, 0, 1}};
    added.peers[1] = (struct peer){.family = AF_INET6, .port = 7, .address = {0x20, 1}};
    dropped.peers[0] = added.peers[0];
    pex_write(&out, &added, &dropped);
    assert_int_equal(pex_read(&read, out.data, out.used), 0);
    assert_int_equal(read.count, 2);
    assert_memory_equal(&read.added[0], &added.peers[0], sizeof(struct peer));
    assert_memory_equal(&read.added[1], &added.peers[1], sizeof(struct peer));
    buffer_free(&out);
    char many[700];
    memcpy(many, "d5:added606:", 12);
    memset(many + 12, 1, 606);
    many[618] = 'e';
    assert_int_equal(pex_read(&read, (const uint8_t *)many, 619), 0);
    assert_int_equal(read.count, PEX_MOST);
}

/* ---- trackers -------------------------------------------------------------------------------- */

static void tracker_url__bytes__are_escaped(void **state)
{
    (void)state;
    static const uint8_t odd[20] = {0, ' ', 'a', '~', 0xff, '%', '&', '=', '?', '/', '-', '.'};
    struct tracker_request request = {
        .info_hash = odd, .peer_id = id, .left = 5, .event = TRACKER_STARTED, .port = 1, .want = 9};
    char *url = tracker_url("http://t/a?k=1#f", &request);
    assert_non_null(url);
    assert_non_null(strstr(url, "http://t/a?k=1&info_hash=%00%20a~%FF%25%26%3D%3F%2F-.%00"));
    assert_non_null(strstr(url, "&left=5&"));
    assert_non_null(strstr(url, "&event=started"));
    assert_null(strchr(url, '#'));
    free(url);
}

static struct tracker_reply reply;

static void tracker_read__every_form__gives_peers(void **state)
{
    (void)state;
    const char text[] =
        "d8:intervali1800e5:peers12:\x7f\0\0\1\x1a\xe1\n\0\0\1\0\0" /* port 0: none */
        "6:peers618:\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\7e";
    assert_int_equal(tracker_read(&reply, text, sizeof text - 1), 0);
    assert_int_equal(reply.interval, 1800);
    assert_int_equal(reply.count, 2);
    assert_int_equal(reply.peers[0].port, 6881);
    assert_int_equal(reply.peers[1].family, AF_INET6);
    const char list[] =
        "d5:peersld2:ip9:127.0.0.14:porti80eed2:ip3:::14:porti7eed2:ip4:name4:porti7eeee";
    assert_int_equal(tracker_read(&reply, list, sizeof list - 1), 0);
    assert_int_equal(reply.count, 2);
    const char refusal[] = "d14:failure reason5:no\n\x1b!e";
    assert_int_equal(tracker_read(&reply, refusal, sizeof refusal - 1), 0);
    assert_string_equal(reply.reason, "no?\?!");
    assert_int_equal(tracker_read(&reply, "i1e", 3), EBADMSG);
}

static void tracker_udp__packets__as_BEP_15_has_them(void **state)
{
    (void)state;
    uint8_t packet[TRACKER_ANNOUNCE_SIZE + TRACKER_PATH_SIZE];
    struct tracker_request request = {
        .info_hash = hash, .peer_id = id, .event = TRACKER_COMPLETED, .port = 0x1ae1, .want = -1};
    uint64_t connection = 0;
    tracker_write_connect(packet, 0x01020304);
    assert_memory_equal(packet, "\0\0\4\x17\x27\x10\x19\x80\0\0\0\0\1\2\3\4", 16);
    assert_int_equal(tracker_write_announce(packet, 5, 6, &request, "/a?b#c"), 98 + 2 + 4);
    assert_memory_equal(packet + 16, hash, 20);
    assert_int_equal(packet[83], 1);
    assert_memory_equal(packet + 92, "\xff\xff\xff\xff\x1a\xe1\2\4/a?b", 12);
    assert_int_equal(tracker_write_announce(packet, 5, 6, &request, ""), 98);
    const uint8_t *good = (const uint8_t *)"\0\0\0\0\1\2\3\4\0\0\0\0\0\0\0\7";
    assert_int_equal(tracker_read_connect(&reply, good, 16, 0x01020304, &connection), 0);
    assert_int_equal(connection, 7);
    assert_int_equal(tracker_read_connect(&reply, good, 15, 0x01020304, &connection), EAGAIN);
    assert_int_equal(tracker_read_connect(&reply, good, 16, 9, &connection), EAGAIN);
    const uint8_t *error = (const uint8_t *)"\0\0\0\3\1\2\3\4gone";
    assert_int_equal(tracker_read_connect(&reply, error, 12, 0x01020304, &connection), EBADMSG);
    assert_string_equal(reply.reason, "gone");
    const uint8_t *peers =
        (const uint8_t *)"\0\0\0\1\1\2\3\4\0\0\0\x3c\0\0\0\1\0\0\0\2\x7f\0\0\1\0\5\1";
    assert_int_equal(tracker_read_announce(&reply, peers, 27, 0x01020304, AF_INET), 0);
    assert_true(reply.interval == 60 && reply.leechers == 1 && reply.seeds == 2 &&
                reply.count == 1);
    assert_int_equal(tracker_read_announce(&reply, peers, 19, 0x01020304, AF_INET), EAGAIN);
}

static void tracker_split__urls__of_udp(void **state)
{
    (void)state;
    char host[256], port[8];
    const char *path;
    assert_true(tracker_split("udp://[::1]:80/x", host, port, &path));
    assert_string_equal(host, "::1");
    assert_string_equal(port, "80");
    assert_string_equal(path, "/x");
    assert_true(tracker_split("udp://t:65535", host, port, &path));
    assert_string_equal(path, "");
    static const char *const wrong[] = {"http://t:1", "udp://",    "udp://t",
                                        "udp://:1",   "udp://t:",  "udp://t:1234567",
                                        "udp://t:1x", "udp://t:-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(tracker_split(wrong[i], host, port, &path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_handshake__written__is_read),
        cmocka_unit_test(wire_next__each_kind__as_written),
        cmocka_unit_test(wire_next__wrong_sizes__are_refused),
        cmocka_unit_test(extended_handshake__written__is_read),
        cmocka_unit_test(metadata__written__is_read),
        cmocka_unit_test(pex__both_families__are_read),
        cmocka_unit_test(tracker_url__bytes__are_escaped),
        cmocka_unit_test(tracker_read__every_form__gives_peers),
        cmocka_unit_test(tracker_udp__packets__as_BEP_15_has_them),
        cmocka_unit_test(tracker_split__urls__of_udp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Datagrams of the game of Tag: what is written is read as it was, and nothing else is read. */
#include "tag_client.h"
#include "tag_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const struct tag_request requests[] = {
    {.kind = TAG_HELLO, .nonce = 0x0123456789abcdef},
    {.kind = TAG_JOIN, .nonce = 7, .time = 0xfedcba98, .cookie = "0123456789abcde", .name = "A b"},
    {.kind = TAG_JOIN, .nonce = 7, .name = "sixteen letters!"},
    {.kind = TAG_INPUT,
     .player = 0x1234,
     .token = UINT64_MAX,
     .sequence = 0xfffe,
     .acknowledged = 0x01020304,
     .heading = 8},
    {.kind = TAG_LEAVE, .player = 3, .token = 4, .sequence = 5},
};

static void tag_read_request__as_written__all_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const struct tag_request *sent = &requests[i];
        uint8_t data[TAG_REQUEST_MOST];
        struct tag_request got;
        size_t size = tag_write_request(data, sent);
        assert_true(size <= TAG_REQUEST_MOST);
        memset(&got, 0, sizeof got);
        assert_int_equal(tag_read_request(&got, data, size), sent->kind);
        assert_int_equal(got.kind, sent->kind);
        assert_int_equal(got.nonce, sent->nonce);
        assert_int_equal(got.time, sent->time);
        assert_memory_equal(got.cookie, sent->cookie, TAG_COOKIE_SIZE);
        assert_string_equal(got.name, sent->name);
        assert_int_equal(got.player, sent->player);
        assert_int_equal(got.token, sent->token);
        assert_int_equal(got.sequence, sent->sequence);
        assert_int_equal(got.acknowledged, sent->acknowledged);
        assert_int_equal(got.heading, sent->heading);
    }
}

/* As the table in docs/game.md has it. */
static void tag_write_request__input__byte_by_byte(void **state)
{
    (void)state;
    static const uint8_t expected[] = {'T', 'G', 1,   3,    0x12, 0x34, 255, 255, 255, 255, 255,
                                       255, 255, 255, 0xff, 0xfe, 1,    2,   3,   4,   8};
    uint8_t data[TAG_REQUEST_MOST];
    assert_int_equal(tag_write_request(data, &requests[3]), sizeof expected);
    assert_memory_equal(data, expected, sizeof expected);
}

static void tag_read_request__other_lengths__invalid(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        uint8_t data[TAG_REQUEST_MOST + 8] = {0};
        struct tag_request got;
        const size_t size = tag_write_request(data, &requests[i]);
        for (size_t other = 0; other <= sizeof data; other++)
            if (other != size)
                assert_int_equal(tag_read_request(&got, data, other), TAG_INVALID);
    }
}

static void tag_read_request__wrong_values__invalid(void **state)
{
    (void)state;
    struct tag_request got;
    uint8_t data[TAG_REQUEST_MOST];
    size_t size = tag_write_request(data, &requests[3]);
    data[20] = 9;
    assert_int_equal(tag_read_request(&got, data, size), TAG_INVALID);
    size = tag_write_request(data, &requests[0]);
    data[31] = 1; /* padding */
    assert_int_equal(tag_read_request(&got, data, size), TAG_INVALID);
    for (unsigned kind = 0; kind < 256; kind++) {
        size = tag_write_request(data, &requests[4]);
        data[3] = (uint8_t)kind;
        assert_int_equal(tag_read_request(&got, data, size), kind == 4 ? TAG_LEAVE : TAG_INVALID);
    }
    size = tag_write_request(data, &requests[1]);
    data[34] = '\n';
    assert_int_equal(tag_read_request(&got, data, size), TAG_JOIN);
    assert_string_equal(got.name, "");
    data[2] = 2;
    assert_int_equal(tag_read_request(&got, data, size), TAG_FOREIGN);
    assert_int_equal(got.nonce, 7);
    data[0] = 'X';
    assert_int_equal(tag_read_request(&got, data, size), TAG_INVALID);
}

static void tag_read_state_head__as_written__all_fields(void **state)
{
    (void)state;
    const struct tag_state_head sent = {1, 2, 300000, 63, 5, 6, 7, 8, 9, 10};
    struct tag_state_head got;
    uint8_t data[TAG_DATAGRAM_MOST];
    assert_int_equal(tag_write_state_head(data, &sent), TAG_STATE_HEAD);
    memset(&got, 0, sizeof got);
    assert_true(tag_read_state_head(&got, data, TAG_STATE_HEAD));
    assert_int_equal(got.player, sent.player);
    assert_int_equal(got.token, sent.token);
    assert_int_equal(got.turn, sent.turn);
    assert_int_equal(got.base, sent.base);
    assert_int_equal(got.sequence, sent.sequence);
    assert_int_equal(got.reach, sent.reach);
    assert_int_equal(got.players, sent.players);
    assert_int_equal(got.tags, sent.tags);
    assert_int_equal(got.tagged, sent.tagged);
    assert_int_equal(got.best, sent.best);
    assert_false(tag_read_state_head(&got, data, TAG_STATE_HEAD - 1));
    assert_false(tag_read_state_head(&got, data, TAG_DATAGRAM_MOST + 1));
}

static void tag_is_ahead__circle__window(void **state)
{
    (void)state;
    assert_true(tag_is_ahead(1, 0, 1024));
    assert_true(tag_is_ahead(1024, 0, 1024));
    assert_false(tag_is_ahead(1025, 0, 1024));
    assert_false(tag_is_ahead(0, 0, 1024));
    assert_false(tag_is_ahead(65535, 0, 1024));
    assert_true(tag_is_ahead(0, 65535, 1024));
    assert_true(tag_is_ahead(1023, 65535, 1024));
    assert_false(tag_is_ahead(1024, 65535, 1024));
}

/* ---- a client -------------------------------------------------------------------------------- */

static void tag_client__whole_life__phases(void **state)
{
    (void)state;
    static struct tag_client client;
    struct tag_request asked;
    uint8_t data[TAG_DATAGRAM_MOST];
    tag_client_start(&client, "me", 5, 1000);

    /* HELLO again until there is an answer, and only the answer to this one. */
    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 1000, data)),
                     TAG_HELLO);
    assert_int_equal(tag_client_send(&client, 1001, data), 0);
    assert_true(tag_client_due(&client) > 1001);
    assert_true(tag_client_send(&client, tag_client_due(&client), data) > 0);
    struct tag_challenge challenge = {.nonce = 6, .time = 77, .cookie = "a cookie of 16 b"};
    tag_client_receive(&client, data, tag_write_challenge(data, &challenge), 2000);
    assert_int_equal(client.phase, TAG_ASKING);
    challenge.nonce = 5;
    tag_client_receive(&client, data, tag_write_challenge(data, &challenge), 2000);

    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 2000, data)),
                     TAG_JOIN);
    assert_string_equal(asked.name, "me");
    assert_int_equal(asked.time, 77);
    assert_memory_equal(asked.cookie, challenge.cookie, TAG_COOKIE_SIZE);
    tag_client_receive(&client, data, tag_write_refused(data, 5, TAG_STALE), 3000);
    assert_int_equal(client.phase, TAG_ASKING);
    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 3000, data)),
                     TAG_HELLO);
    tag_client_receive(&client, data, tag_write_challenge(data, &challenge), 4000);

    struct tag_welcome welcome = {
        .nonce = 5, .player = 9, .token = 8, .rate = 10, .width = 20, .height = 20, .seats = 9};
    tag_client_receive(&client, data, tag_write_welcome(data, &welcome), 5000);
    assert_int_equal(client.phase, TAG_JOINING); /* no such seat */
    welcome.seats = 10;
    tag_client_receive(&client, data, tag_write_welcome(data, &welcome), 5000);
    assert_int_equal(client.phase, TAG_PLAYING);

    tag_client_steer(&client, 3, 6000);
    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 6000, data)),
                     TAG_INPUT);
    assert_int_equal(asked.heading, 3);
    assert_int_equal(asked.sequence, 1);
    assert_int_equal(asked.acknowledged, 0);

    /* A STATE of another, of the past, or without its base changes nothing. */
    struct tag_state_head head = {.player = 9, .token = 7, .turn = 50, .reach = TAG_EVERYBODY};
    assert_false(tag_client_receive(&client, data, tag_write_state_head(data, &head), 7000));
    head.token = 8;
    head.base = 1;
    assert_false(tag_client_receive(&client, data, tag_write_state_head(data, &head), 7000));
    head.base = 0;
    assert_true(tag_client_receive(&client, data, tag_write_state_head(data, &head), 7000));
    assert_false(tag_client_receive(&client, data, tag_write_state_head(data, &head), 7000));
    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 7000, data)),
                     TAG_INPUT);
    assert_int_equal(asked.acknowledged, 50);
    assert_int_equal(asked.sequence, 2);

    tag_client_leave(&client, 8000);
    assert_int_equal(tag_read_request(&asked, data, tag_client_send(&client, 8000, data)),
                     TAG_LEAVE);
    struct tag_farewell farewell = {9, 7, TAG_HAS_LEFT};
    tag_client_receive(&client, data, tag_write_farewell(data, &farewell), 9000);
    assert_int_equal(client.phase, TAG_PLAYING);
    farewell.token = 8;
    tag_client_receive(&client, data, tag_write_farewell(data, &farewell), 9000);
    assert_int_equal(client.phase, TAG_DISMISSED);
    assert_string_equal(tag_client_reason(&client), "you have left");
    assert_int_equal(tag_client_send(&client, 1000000, data), 0);
    tag_client_clear(&client);
}

static void tag_client__refused__says_why(void **state)
{
    (void)state;
    static const struct {
        enum tag_refusal reason;
        const char *text;
    } cases[] = {{TAG_FULL, "seats"},
                 {TAG_CROWD, "address"},
                 {TAG_NAMELESS, "name"},
                 {TAG_OTHER_VERSION, "version"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct tag_client client;
        uint8_t data[TAG_DATAGRAM_MOST];
        tag_client_start(&client, "me", 5, 0);
        tag_client_receive(&client, data, tag_write_refused(data, 4, cases[i].reason), 1);
        assert_int_equal(client.phase, TAG_ASKING);
        tag_client_receive(&client, data, tag_write_refused(data, 5, cases[i].reason), 1);
        assert_int_equal(client.phase, TAG_REJECTED);
        assert_non_null(strstr(tag_client_reason(&client), cases[i].text));
        assert_int_equal(tag_client_due(&client), UINT64_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_read_request__as_written__all_fields),
        cmocka_unit_test(tag_write_request__input__byte_by_byte),
        cmocka_unit_test(tag_read_request__other_lengths__invalid),
        cmocka_unit_test(tag_read_request__wrong_values__invalid),
        cmocka_unit_test(tag_read_state_head__as_written__all_fields),
        cmocka_unit_test(tag_is_ahead__circle__window),
        cmocka_unit_test(tag_client__whole_life__phases),
        cmocka_unit_test(tag_client__refused__says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

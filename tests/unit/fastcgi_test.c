/* FastCGI records as they are written and read, by the sections of the specification (1996). */
#include "fastcgi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((struct http_text){literal, sizeof(literal) - 1})

enum { BEGIN = 1, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, STDERR = 7 };

/* ---- what is sent ---------------------------------------------------------------------------- */

struct record {
    unsigned type, id, padding;
    const char *content;
    size_t length;
};

/* The record at *at, behind which *at is moved. */
static struct record record_at(const struct fastcgi_output *output, size_t *at)
{
    const unsigned char *header = (const unsigned char *)output->buffer + *at;
    assert_true(*at + 8 <= output->length);
    assert_int_equal(header[0], 1);
    assert_int_equal(header[7], 0);
    struct record record = {.type = header[1],
                            .id = (unsigned)header[2] << 8 | header[3],
                            .length = (size_t)header[4] << 8 | header[5],
                            .padding = header[6],
                            .content = output->buffer + *at + 8};
    *at += 8 + record.length + record.padding;
    assert_true(*at <= output->length);
    return record;
}

static void fastcgi_begin__section_5_1__a_responder_that_keeps_the_connection(void **state)
{
    (void)state;
    char buffer[100];
    size_t at = 0;
    struct fastcgi_output output;
    fastcgi_begin(&output, buffer, sizeof buffer);
    fastcgi_parameter(&output, TEXT("A"), TEXT("b"));
    assert_int_equal(fastcgi_end_parameters(&output), 0);
    struct record record = record_at(&output, &at);
    assert_int_equal(record.type, BEGIN);
    assert_int_equal(record.id, 1);
    assert_int_equal(record.length, 8);
    assert_memory_equal(record.content, "\0\1\1\0\0\0\0\0", 8);
    record = record_at(&output, &at);
    assert_int_equal(record.type, PARAMS);
    assert_int_equal(record.length, 4);
    assert_memory_equal(record.content, "\1\1Ab", 4);
    record = record_at(&output, &at);
    assert_int_equal(record.type, PARAMS);
    assert_int_equal(record.length, 0);
    assert_int_equal(at, output.length);
}

static void fastcgi_parameter__section_3_4__lengths_of_one_byte_and_of_four(void **state)
{
    (void)state;
    static char buffer[4000], value[1000];
    size_t at = 0;
    struct fastcgi_output output;
    memset(value, 'v', sizeof value);
    fastcgi_begin(&output, buffer, sizeof buffer);
    fastcgi_parameter(&output, TEXT("N"), (struct http_text){value, 127});
    fastcgi_parameter(&output, TEXT("N"), (struct http_text){value, 128});
    fastcgi_parameter(&output, (struct http_text){value, 1000}, TEXT(""));
    assert_int_equal(fastcgi_end_parameters(&output), 0);
    record_at(&output, &at);
    struct record record = record_at(&output, &at);
    const char *content = record.content;
    assert_memory_equal(content, "\1\177N", 3);
    assert_memory_equal(content + 3, value, 127);
    content += 3 + 127;
    assert_memory_equal(content, "\1\200\0\0\200N", 6);
    content += 6 + 128;
    assert_memory_equal(content, "\200\0\003\350\0", 5);
    assert_int_equal(content + 5 + 1000 - record.content, record.length);
}

static void fastcgi_parameter__section_3_3__goes_on_in_the_next_record(void **state)
{
    (void)state;
    const size_t long_value = 3 * FASTCGI_MOST;
    char *buffer = malloc(300000), *value = malloc(long_value), *stream = malloc(300000);
    assert_true(buffer != NULL && value != NULL && stream != NULL);
    for (size_t i = 0; i < long_value; i++)
        value[i] = (char)(i % 251);
    /* Its end falls before, on and behind the end of a record. */
    for (size_t length = 2 * FASTCGI_MOST - 12; length < 2 * FASTCGI_MOST + 3; length++) {
        struct fastcgi_output output;
        size_t at = 0, total = 0;
        fastcgi_begin(&output, buffer, 300000);
        fastcgi_parameter(&output, TEXT("N"), (struct http_text){value, length});
        assert_int_equal(fastcgi_end_parameters(&output), 0);
        record_at(&output, &at);
        for (;;) {
            struct record record = record_at(&output, &at);
            assert_int_equal(record.type, PARAMS);
            if (record.length == 0)
                break;
            memcpy(stream + total, record.content, record.length);
            total += record.length;
        }
        assert_int_equal(at, output.length);
        assert_int_equal(total, 6 + length);
        assert_memory_equal(stream + 6, value, length);
    }
    free(buffer);
    free(value);
    free(stream);
}

static void fastcgi_end_parameters__every_room_that_is_too_small__EMSGSIZE(void **state)
{
    (void)state;
    char buffer[100];
    const size_t enough = 16 + 8 + 4 + 8;
    for (size_t room = 0; room <= enough; room++) {
        struct fastcgi_output output;
        memset(buffer, 'x', sizeof buffer);
        fastcgi_begin(&output, buffer, room);
        fastcgi_parameter(&output, TEXT("A"), TEXT("b"));
        assert_int_equal(fastcgi_end_parameters(&output), room < enough ? EMSGSIZE : 0);
        assert_int_equal(buffer[room], 'x');
    }
}

static void fastcgi_parameter_lengths__longer_than_four_bytes_say__EMSGSIZE(void **state)
{
    (void)state;
    char buffer[100];
    struct fastcgi_output output;
    fastcgi_begin(&output, buffer, sizeof buffer);
    fastcgi_parameter_lengths(&output, 1, (size_t)INT32_MAX + 1);
    assert_int_equal(fastcgi_end_parameters(&output), EMSGSIZE);
}

static void fastcgi_body__section_5_3__records_and_one_without_content(void **state)
{
    (void)state;
    char *buffer = malloc(200000), *body = malloc(150000);
    assert_true(buffer != NULL && body != NULL);
    memset(body, 'b', 150000);
    struct fastcgi_output output = {.buffer = buffer, .room = 200000};
    size_t at = 0;
    assert_int_equal(fastcgi_body(&output, body, 150000), 150000);
    assert_true(fastcgi_end_body(&output));
    assert_int_equal(record_at(&output, &at).length, FASTCGI_MOST);
    assert_int_equal(record_at(&output, &at).length, FASTCGI_MOST);
    struct record record = record_at(&output, &at);
    assert_int_equal(record.type, STDIN);
    assert_int_equal(record.length, 150000 - 2 * FASTCGI_MOST);
    assert_memory_equal(record.content, body, record.length);
    assert_int_equal(record_at(&output, &at).length, 0);
    assert_int_equal(at, output.length);
    free(buffer);
    free(body);
}

static void fastcgi_body__little_room__takes_what_fits(void **state)
{
    (void)state;
    char buffer[40];
    struct fastcgi_output output = {.buffer = buffer, .room = 20};
    buffer[20] = 'x';
    assert_int_equal(fastcgi_body(&output, "0123456789abcdef", 16), 12);
    assert_int_equal(fastcgi_body(&output, "cdef", 4), 0);
    assert_false(fastcgi_end_body(&output));
    assert_int_equal(output.length, 20);
    assert_int_equal(buffer[20], 'x');
    output.length = 12;
    assert_true(fastcgi_end_body(&output));
    output.length = 12;
    assert_int_equal(fastcgi_body(&output, "cdef", 4), 0);
    assert_int_equal(output.length, 12);
}

/* ---- what comes back ------------------------------------------------------------------------- */

/* All that a stream says, one text behind the other: "o" and "e" before what comes by standard
 * output and error, "." for the end. */
struct said {
    int error;
    char text[400];
    size_t length;
    struct fastcgi_input input;
};

static void add(struct said *said, const char *at, size_t length)
{
    assert_true(said->length + length < sizeof said->text);
    memcpy(said->text + said->length, at, length);
    said->length += length;
}

static void feed(struct said *said, const char *at, size_t length)
{
    struct http_text data = {at, length};
    static char last = ' ';
    if (said->length == 0)
        last = ' ';
    while (said->error == 0) {
        struct http_text piece;
        enum fastcgi_kind kind;
        said->error = fastcgi_next(&said->input, &data, &kind, &piece);
        if (said->error != 0 || kind == FASTCGI_NOTHING)
            break;
        char mark = kind == FASTCGI_STDOUT ? 'o' : kind == FASTCGI_STDERR ? 'e' : '.';
        if (mark != last)
            add(said, &mark, 1);
        last = mark;
        if (kind != FASTCGI_END) {
            assert_true(piece.length > 0);
            add(said, piece.at, piece.length);
        }
    }
    if (said->error == 0)
        assert_int_equal(data.length, 0);
}

static struct said read_all(const char *at, size_t length)
{
    struct said said = {0};
    /* In memory of exactly this size, so that nothing is read beyond. */
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, at, length);
    feed(&said, copy, length);
    free(copy);
    said.text[said.length] = '\0';
    return said;
}

/* Puts a record with padding behind what *length bytes there are. */
static void put(char *stream, size_t *length, unsigned type, unsigned id, const char *content,
                size_t size, unsigned padding)
{
    const char header[8] = {1,          (char)type,   (char)(id >> 8), (char)id, (char)(size >> 8),
                            (char)size, (char)padding};
    memcpy(stream + *length, header, 8);
    memcpy(stream + *length + 8, content, size);
    memset(stream + *length + 8 + size, '!', padding);
    *length += 8 + size + padding;
}

static size_t sample(char stream[600])
{
    size_t length = 0;
    put(stream, &length, STDERR, 1, "oh", 2, 6);
    put(stream, &length, STDOUT, 1, "Content-Type: text/plain\r\n\r\n", 28, 4);
    put(stream, &length, 10, 0, "a result of management", 22, 2);
    put(stream, &length, STDOUT, 1, "body", 4, 0);
    put(stream, &length, STDERR, 1, "dear", 4, 0);
    put(stream, &length, 77, 1, "unknown", 7, 255);
    put(stream, &length, STDOUT, 1, "", 0, 8);
    put(stream, &length, STDERR, 1, "", 0, 0);
    put(stream, &length, END, 1, "\1\2\3\4\0abc", 8, 5);
    return length;
}

static const char sample_text[] = "eohoContent-Type: text/plain\r\n\r\nbodyedear.";

static void fastcgi_next__section_6_2__both_streams_and_the_end(void **state)
{
    (void)state;
    char stream[600];
    size_t length = sample(stream);
    struct said said = read_all(stream, length);
    assert_int_equal(said.error, 0);
    assert_string_equal(said.text, sample_text);
    assert_int_equal(said.input.application_status, 0x01020304);
    assert_int_equal(said.input.status, FASTCGI_COMPLETE);
}

static void fastcgi_next__every_split__the_same(void **state)
{
    (void)state;
    char stream[600];
    size_t length = sample(stream);
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            struct said said = {0};
            feed(&said, stream, first);
            feed(&said, stream + first, second - first);
            assert_int_equal(said.input.ended, second == length);
            feed(&said, stream + second, length - second);
            said.text[said.length] = '\0';
            assert_int_equal(said.error, 0);
            assert_string_equal(said.text, sample_text);
        }
    }
}

static void fastcgi_next__byte_by_byte__the_same(void **state)
{
    (void)state;
    char stream[600];
    size_t length = sample(stream);
    struct said said = {0};
    for (size_t i = 0; i < length; i++)
        feed(&said, stream + i, 1);
    said.text[said.length] = '\0';
    assert_string_equal(said.text, sample_text);
}

static void fastcgi_next__cut_off_anywhere__no_end(void **state)
{
    (void)state;
    char stream[600];
    size_t length = sample(stream);
    for (size_t here = 0; here < length; here++) {
        struct said said = read_all(stream, here);
        assert_int_equal(said.error, 0);
        assert_false(said.input.ended);
    }
}

static int error_of(unsigned type, unsigned id, const char *content, size_t size)
{
    char stream[600];
    size_t length = 0;
    put(stream, &length, type, id, content, size, 0);
    return read_all(stream, length).error;
}

static void fastcgi_next__section_3_3__another_version_or_request_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_all("\2\6\0\1\0\1\0\0x", 9).error, EREMOTEIO);
    assert_int_equal(read_all("\0\6\0\1\0\1\0\0x", 9).error, EREMOTEIO);
    assert_int_equal(error_of(STDOUT, 2, "x", 1), EREMOTEIO);
    assert_int_equal(error_of(STDOUT, 0x101, "x", 1), EREMOTEIO);
    assert_int_equal(error_of(STDOUT, 0, "x", 1), EREMOTEIO);
    assert_int_equal(error_of(STDERR, 2, "x", 1), EREMOTEIO);
    assert_int_equal(error_of(END, 2, "\0\0\0\0\0\0\0\0", 8), EREMOTEIO);
    assert_int_equal(error_of(99, 2, "x", 1), EREMOTEIO);
    assert_int_equal(error_of(STDOUT, 1, "x", 1), 0);
}

static void fastcgi_next__section_3_3__what_a_server_sends_is_refused(void **state)
{
    (void)state;
    const unsigned types[] = {1, 2, 4, 5, 8};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_int_equal(error_of(types[i], 1, "x", 1), EREMOTEIO);
}

static void fastcgi_next__section_4_2__unknown_types_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(error_of(0, 0, "x", 1), 0);
    assert_int_equal(error_of(9, 0, "x", 1), 0);
    assert_int_equal(error_of(11, 0, "\77\0\0\0\0\0\0\0", 8), 0);
    assert_int_equal(error_of(255, 1, "x", 1), 0);
}

static void fastcgi_next__section_5_5__an_end_of_another_size_or_status(void **state)
{
    (void)state;
    assert_int_equal(error_of(END, 1, "\0\0\0\0\0\0\0", 7), EREMOTEIO);
    assert_int_equal(error_of(END, 1, "", 0), EREMOTEIO);
    assert_int_equal(error_of(END, 1, "\0\0\0\0\4\0\0\0", 8), EREMOTEIO);
    assert_int_equal(error_of(END, 1, "\0\0\0\0\2\0\0\0more", 12), 0);

    struct said said = read_all("\1\3\0\1\0\10\0\0\377\377\377\377\2\0\0\0", 16);
    assert_int_equal(said.input.status, FASTCGI_OVERLOADED);
    assert_int_equal(said.input.application_status, UINT32_MAX);
}

static void fastcgi_next__section_3_3__nothing_follows_the_end(void **state)
{
    (void)state;
    char stream[600];
    size_t length = 0;
    put(stream, &length, STDOUT, 1, "", 0, 0);
    put(stream, &length, STDOUT, 1, "x", 1, 0);
    assert_int_equal(read_all(stream, length).error, EREMOTEIO);

    length = 0;
    put(stream, &length, END, 1, "\0\0\0\0\0\0\0\0", 8, 0);
    put(stream, &length, STDOUT, 1, "x", 1, 0);
    struct said said = read_all(stream, length);
    assert_int_equal(said.error, EREMOTEIO);
    assert_true(said.input.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fastcgi_begin__section_5_1__a_responder_that_keeps_the_connection),
        cmocka_unit_test(fastcgi_parameter__section_3_4__lengths_of_one_byte_and_of_four),
        cmocka_unit_test(fastcgi_parameter__section_3_3__goes_on_in_the_next_record),
        cmocka_unit_test(fastcgi_end_parameters__every_room_that_is_too_small__EMSGSIZE),
        cmocka_unit_test(fastcgi_parameter_lengths__longer_than_four_bytes_say__EMSGSIZE),
        cmocka_unit_test(fastcgi_body__section_5_3__records_and_one_without_content),
        cmocka_unit_test(fastcgi_body__little_room__takes_what_fits),
        cmocka_unit_test(fastcgi_next__section_6_2__both_streams_and_the_end),
        cmocka_unit_test(fastcgi_next__every_split__the_same),
        cmocka_unit_test(fastcgi_next__byte_by_byte__the_same),
        cmocka_unit_test(fastcgi_next__cut_off_anywhere__no_end),
        cmocka_unit_test(fastcgi_next__section_3_3__another_version_or_request_is_refused),
        cmocka_unit_test(fastcgi_next__section_3_3__what_a_server_sends_is_refused),
        cmocka_unit_test(fastcgi_next__section_4_2__unknown_types_are_passed_over),
        cmocka_unit_test(fastcgi_next__section_5_5__an_end_of_another_size_or_status),
        cmocka_unit_test(fastcgi_next__section_3_3__nothing_follows_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Ranges (RFC 9110, section 14): which bytes are asked for, and how several are sent. */
#include "ranges.h"

#include "response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ETAG     "\"v\""
#define MODIFIED INT64_C(784111777)
#define DATE     "Sun, 06 Nov 1994 08:49:37 GMT"

static int parse(const char *fields, uint64_t size, const char *etag, int64_t modified,
                 struct range ranges[RANGES_MAX], size_t *count)
{
    static char head[100000];
    struct http_request request = {0};
    size_t end;
    int length = snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n", fields);
    assert_in_range(length, 1, sizeof head - 1);
    assert_int_equal(http_head_parse(&request, head, (size_t)length, &end), 0);
    return ranges_parse(&request, size, etag, modified, ranges, count);
}

/* What comes of a Range field for `size` bytes: "0+500 9500+500", "whole", "416". */
static const char *parsed(const char *range, uint64_t size)
{
    static char text[1000];
    struct range ranges[RANGES_MAX];
    size_t count, length = 0;
    char *field = malloc(strlen(range) + 20);
    assert_non_null(field);
    sprintf(field, "Range: %s\r\n", range);
    int error = parse(field, size, ETAG, MODIFIED, ranges, &count);
    free(field);
    assert_true(count <= RANGES_MAX);
    if (error != 0) {
        assert_int_equal(error, ERANGE);
        assert_int_equal(count, 0);
        return "416";
    }
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        length += (size_t)sprintf(text + length, "%s%llu+%llu", i > 0 ? " " : "",
                                  (unsigned long long)ranges[i].offset,
                                  (unsigned long long)ranges[i].length);
    return count > 0 ? text : "whole";
}

/* The examples of the section. */
static void ranges_parse__rfc9110_14_1_2_examples__as_it_says(void **state)
{
    (void)state;
    assert_string_equal(parsed("bytes=0-499", 10000), "0+500");
    assert_string_equal(parsed("bytes=500-999", 10000), "500+500");
    assert_string_equal(parsed("bytes=-500", 10000), "9500+500");
    assert_string_equal(parsed("bytes=9500-", 10000), "9500+500");
    assert_string_equal(parsed("bytes=0-0,-1", 10000), "0+1 9999+1");
    assert_string_equal(parsed("bytes= 0-999, 4500-5499, -1000", 10000),
                        "0+1000 4500+1000 9000+1000");
    assert_string_equal(parsed("bytes=500-600,601-999", 10000), "500+500");
    assert_string_equal(parsed("bytes=500-700,601-999", 10000), "500+500");
}

static void ranges_parse__rfc9110_14_1_2_beyond_the_end__what_there_is(void **state)
{
    (void)state;
    assert_string_equal(parsed("bytes=0-", 10), "0+10");
    assert_string_equal(parsed("bytes=5-10", 10), "5+5");
    assert_string_equal(parsed("bytes=5-18446744073709551615", 10), "5+5");
    assert_string_equal(parsed("bytes=5-99999999999999999999999999", 10), "5+5");
    assert_string_equal(parsed("bytes=5-18446744073709551616", 10), "5+5");
    assert_string_equal(parsed("bytes=5-18446744073709551620", 10), "5+5");
    assert_string_equal(parsed("bytes=-18446744073709551620", 10), "0+10");
    assert_string_equal(parsed("bytes=9-9", 10), "9+1");
    assert_string_equal(parsed("bytes=-11", 10), "0+10");
    assert_string_equal(parsed("bytes=-99999999999999999999999999", 10), "0+10");
    assert_string_equal(parsed("bytes=0000000000000000000000000003-0004", 10), "3+2");
    assert_string_equal(parsed("bytes=0-18446744073709551614", UINT64_MAX),
                        "0+18446744073709551615");
    /* One that can be satisfied is enough. */
    assert_string_equal(parsed("bytes=10-20,3-4", 10), "3+2");
}

static void ranges_parse__rfc9110_15_5_17_none_of_it_there__416(void **state)
{
    (void)state;
    assert_string_equal(parsed("bytes=10-", 10), "416");
    assert_string_equal(parsed("bytes=10-10,12-", 10), "416");
    assert_string_equal(parsed("bytes=-0", 10), "416");
    assert_string_equal(parsed("bytes=99999999999999999999999999-", 10), "416");
}

static void ranges_parse__rfc9110_14_2_unknown_or_malformed__ignored(void **state)
{
    (void)state;
    const char *const ranges[] = {
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes 0-4",
        "bytes =0-4",
        "lines=0-4",
        "bytesx=0-4",
        "=0-4",
        "bytes=4",
        "bytes=-",
        "bytes=--4",
        "bytes=+1-4",
        "bytes=0x1-4",
        "bytes=1 -4",
        "bytes=1- 4",
        "bytes=4-1",
        "bytes=1-4-5",
        "bytes=-4-5",
        "bytes=1-4;2-5",
        "bytes=1-4 2-5",
        "bytes=1-4,x",
        "bytes=x,1-4",
        "bytes=1-4,5-4",
        "bytes=99-,5-4",
        "bytes=1-4, bytes=5-6",
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        assert_string_equal(parsed(ranges[i], 10), "whole");
    assert_string_equal(parsed("BYTES=,1-2, ,\t4-5,", 10), "1+2 4+2");

    struct range parts[RANGES_MAX];
    size_t count;
    assert_int_equal(parse("", 10, ETAG, MODIFIED, parts, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(
        parse("Range: bytes=0-1\r\nRange: bytes=0-1\r\n", 10, ETAG, MODIFIED, parts, &count), 0);
    assert_int_equal(count, 0);
}

static void ranges_parse__empty_representation__whole(void **state)
{
    (void)state;
    assert_string_equal(parsed("bytes=0-", 0), "whole");
    assert_string_equal(parsed("bytes=-1", 0), "whole");
}

/* No byte is sent twice, and the order is that of the request. */
static void ranges_parse__rfc9110_15_3_7_2_overlapping__made_one(void **state)
{
    (void)state;
    assert_string_equal(parsed("bytes=0-,0-,0-,0-", 10), "0+10");
    assert_string_equal(parsed("bytes=4-5,2-3", 10), "2+4");
    assert_string_equal(parsed("bytes=8-9,0-1,4-5", 10), "8+2 0+2 4+2");
    assert_string_equal(parsed("bytes=8-9,0-1,4-5,1-4", 10), "8+2 0+6");
    assert_string_equal(parsed("bytes=4-5,0-1,8-9,2-3", 10), "0+6 8+2");
    assert_string_equal(parsed("bytes=4-5,0-1,8-9,2-7", 10), "0+10");
    assert_string_equal(parsed("bytes=2-3,0-9,5-6", 10), "0+10");
}

/* Whatever ranges are asked for, what is sent is their union. */
static void ranges_parse__random_ranges__the_union(void **state)
{
    (void)state;
    unsigned random = 1;
    for (int round = 0; round < 20000; round++) {
        char text[400] = "bytes=";
        bool wanted[40] = {false}, got[40] = {false};
        for (unsigned i = 0; i < 1 + (unsigned)round % 8; i++) {
            random = random * 1103515245 + 12345;
            unsigned first = random >> 16 & 31, last = first + (random >> 21 & 7);
            sprintf(text + strlen(text), "%u-%u,", first, last);
            for (unsigned at = first; at <= last && at < sizeof wanted; at++)
                wanted[at] = true;
        }
        const char *result = parsed(text, sizeof wanted);
        for (unsigned offset, length; sscanf(result, "%u+%u", &offset, &length) == 2;) {
            for (unsigned at = offset; at < offset + length; at++) {
                assert_false(got[at]);
                got[at] = true;
            }
            result += strcspn(result, " ");
            result += strspn(result, " ");
        }
        assert_memory_equal(got, wanted, sizeof got);
    }
}

/* RFC 9110, section 17.15. */
static void ranges_parse__rfc9110_17_15_too_many__ignored(void **state)
{
    (void)state;
    char *text = malloc(100000);
    assert_non_null(text);
    strcpy(text, "bytes=0-0");
    for (int i = 1; i < RANGES_MAX; i++)
        sprintf(text + strlen(text), ",%d-%d", 2 * i, 2 * i);
    assert_string_not_equal(parsed(text, 1000), "whole");
    strcat(text, ",999-");
    assert_string_equal(parsed(text, 1000), "whole");

    strcpy(text, "bytes=0-");
    size_t length = strlen(text);
    for (int i = 0; i < 20000; i++)
        length += (size_t)sprintf(text + length, ",0-");
    assert_string_equal(parsed(text, 1000), "0+1000");
    free(text);
}

/* RFC 9110, section 13.1.5. */
static void ranges_parse__rfc9110_13_1_5_if_range__strongly_or_whole(void **state)
{
    (void)state;
    const struct {
        const char *field, *etag;
        int64_t modified;
        size_t count;
    } cases[] = {
        {ETAG, ETAG, MODIFIED, 1},
        {DATE, ETAG, MODIFIED, 1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", ETAG, MODIFIED, 1},
        {DATE, "", MODIFIED, 1},
        {"\"w\"", ETAG, MODIFIED, 0},
        {"W/" ETAG, ETAG, MODIFIED, 0},
        {"W/" ETAG, "W/" ETAG, MODIFIED, 0},
        {ETAG, "W/" ETAG, MODIFIED, 0},
        {ETAG ", " ETAG, ETAG, MODIFIED, 0},
        {"*", ETAG, MODIFIED, 0},
        {"v", ETAG, MODIFIED, 0},
        {"", ETAG, MODIFIED, 0},
        {"", "", MODIFIED, 0},
        {"\"\"", "", MODIFIED, 0},
        /* A date has to be that date, neither an earlier nor a later one. */
        {DATE, ETAG, MODIFIED + 1, 0},
        {DATE, ETAG, MODIFIED - 1, 0},
        {DATE, ETAG, -1, 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", ETAG, -1, 0},
    };
    struct range ranges[RANGES_MAX];
    size_t count;
    char fields[200];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sprintf(fields, "Range: bytes=0-4\r\nIf-Range: %s\r\n", cases[i].field);
        assert_int_equal(parse(fields, 10, cases[i].etag, cases[i].modified, ranges, &count), 0);
        if (count != cases[i].count)
            print_error("%zu for %s\n", count, cases[i].field);
        assert_int_equal(count, cases[i].count);
    }
    /* The condition decides even about ranges that there are none of. */
    assert_int_equal(parse("Range: bytes=99-\r\nIf-Range: \"w\"\r\n", 10, ETAG, 0, ranges, &count),
                     0);
    assert_int_equal(parse("Range: bytes=0-4\r\nIf-Range: " ETAG "\r\nIf-Range: " ETAG "\r\n", 10,
                           ETAG, 0, ranges, &count),
                     0);
    assert_int_equal(count, 0);
}

/* RFC 9110, section 8.8.2.2: within the second in which it was modified a date is a weak validator.
 */
static void ranges_parse__rfc9110_8_8_2_2_date_of_this_second__whole(void **state)
{
    (void)state;
    char date[RESPONSE_DATE_SIZE], fields[200];
    struct range ranges[RANGES_MAX];
    size_t count;
    /* It may be a second later by the time it is asked, so this is one that is yet to come. */
    int64_t when = (int64_t)time(NULL) + 100;
    response_date(when, date);
    sprintf(fields, "Range: bytes=0-4\r\nIf-Range: %s\r\n", date);
    assert_int_equal(parse(fields, 10, ETAG, when, ranges, &count), 0);
    assert_int_equal(count, 0);
    when -= 101;
    response_date(when, date);
    sprintf(fields, "Range: bytes=0-4\r\nIf-Range: %s\r\n", date);
    assert_int_equal(parse(fields, 10, ETAG, when, ranges, &count), 0);
    assert_int_equal(count, 1);
}

/* RFC 9110, section 14.4. */
static void ranges_content_range__rfc9110_14_4__first_last_and_size(void **state)
{
    (void)state;
    char text[RANGES_TEXT_SIZE];
    size_t length = ranges_content_range(text, (struct range){0, 500}, 1234);
    assert_string_equal(text, "bytes 0-499/1234");
    assert_int_equal(length, strlen(text));
    ranges_content_range(text, (struct range){1233, 1}, 1234);
    assert_string_equal(text, "bytes 1233-1233/1234");
    length = ranges_content_range(text, (struct range){0, 0}, 1234);
    assert_string_equal(text, "bytes */1234");
    assert_int_equal(length, strlen(text));
    length = ranges_content_range(text, (struct range){UINT64_MAX - 1, 1}, UINT64_MAX);
    assert_string_equal(text,
                        "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
    assert_true(length < sizeof text);
}

/* RFC 9110, section 14.6; RFC 2046, section 5.1.1. */
static void ranges_part_head__rfc9110_14_6_multipart__as_announced(void **state)
{
    (void)state;
    const struct range ranges[] = {{500, 500}, {7000, 1000}};
    char text[RANGES_PART_SIZE], body[2000] = "";
    const char *const type = "application/pdf";
    for (size_t i = 0; i < 2; i++) {
        size_t length = ranges_part_head(text, "THIS", type, ranges[i], 8000, i == 0);
        assert_int_equal(length, strlen(text));
        strcat(strcat(body, text), "...");
    }
    size_t length = ranges_end(text, "THIS");
    assert_int_equal(length, strlen(text));
    strcat(body, text);
    assert_string_equal(body, "--THIS\r\n"
                              "Content-Type: application/pdf\r\n"
                              "Content-Range: bytes 500-999/8000\r\n"
                              "\r\n"
                              "...\r\n"
                              "--THIS\r\n"
                              "Content-Type: application/pdf\r\n"
                              "Content-Range: bytes 7000-7999/8000\r\n"
                              "\r\n"
                              "...\r\n"
                              "--THIS--\r\n");
    assert_int_equal(ranges_body_length("THIS", type, ranges, 2, 8000),
                     strlen(body) - 2 * strlen("...") + 1500);
}

static void ranges_part_head__longest_of_all__has_room(void **state)
{
    (void)state;
    char head[RANGES_PART_SIZE], end[RANGES_END_SIZE], boundary[RANGES_BOUNDARY_SIZE];
    char type[RANGES_TYPE_LENGTH + 2];
    const struct range range = {UINT64_MAX - 1, 1};
    ranges_make_boundary(boundary);
    memset(type, 'x', sizeof type - 1);
    type[RANGES_TYPE_LENGTH] = '\0';
    assert_true(ranges_part_head(head, boundary, type, range, UINT64_MAX, false) < sizeof head);
    assert_non_null(strstr(head, type));
    type[RANGES_TYPE_LENGTH] = 'x';
    type[RANGES_TYPE_LENGTH + 1] = '\0';
    assert_true(ranges_part_head(head, boundary, type, range, UINT64_MAX, false) < sizeof head);
    assert_null(strstr(head, "Content-Type"));
    assert_true(ranges_end(end, boundary) < sizeof end);
}

static void ranges_make_boundary__twice__two(void **state)
{
    (void)state;
    char one[RANGES_BOUNDARY_SIZE], other[RANGES_BOUNDARY_SIZE];
    ranges_make_boundary(one);
    ranges_make_boundary(other);
    assert_int_equal(strlen(one), RANGES_BOUNDARY_SIZE - 1);
    assert_int_equal(strspn(one, "0123456789abcdef"), RANGES_BOUNDARY_SIZE - 1);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_parse__rfc9110_14_1_2_examples__as_it_says),
        cmocka_unit_test(ranges_parse__rfc9110_14_1_2_beyond_the_end__what_there_is),
        cmocka_unit_test(ranges_parse__rfc9110_15_5_17_none_of_it_there__416),
        cmocka_unit_test(ranges_parse__rfc9110_14_2_unknown_or_malformed__ignored),
        cmocka_unit_test(ranges_parse__empty_representation__whole),
        cmocka_unit_test(ranges_parse__rfc9110_15_3_7_2_overlapping__made_one),
        cmocka_unit_test(ranges_parse__random_ranges__the_union),
        cmocka_unit_test(ranges_parse__rfc9110_17_15_too_many__ignored),
        cmocka_unit_test(ranges_parse__rfc9110_13_1_5_if_range__strongly_or_whole),
        cmocka_unit_test(ranges_parse__rfc9110_8_8_2_2_date_of_this_second__whole),
        cmocka_unit_test(ranges_content_range__rfc9110_14_4__first_last_and_size),
        cmocka_unit_test(ranges_part_head__rfc9110_14_6_multipart__as_announced),
        cmocka_unit_test(ranges_part_head__longest_of_all__has_room),
        cmocka_unit_test(ranges_make_boundary__twice__two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Requests: what is accepted, and above all what is not. */
#include "http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST "Host: h\r\n"

/* Parses a whole head out of a block of exactly its size, so that a checker sees a read beyond. The
 * texts of the request then point to what is gone, unless the block is left to the caller. */
static int parse_block(const char *copy, size_t length, struct http_request *request)
{
    size_t end;
    *request = (struct http_request){0};
    int error = http_head_parse(request, copy, length, &end);
    if (error == 0)
        assert_int_equal(end, length);
    return error;
}

static int parse(const char *head, struct http_request *request)
{
    size_t length = strlen(head);
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, head, length);
    int error = parse_block(copy, length, request);
    free(copy);
    return error;
}

static int parse_text(const char *head, struct http_request *request)
{
    return parse_block(head, strlen(head), request);
}

/* The same, of bytes that need not be a whole head. */
static int parse_some(const char *data, size_t length, size_t *end)
{
    struct http_request request = {0};
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, data, length);
    int error = http_head_parse(&request, copy, length, end);
    free(copy);
    return error;
}

/* ---- heads ----------------------------------------------------------------------------------- */

static void http_head_parse__bytes_one_by_one__complete_with_the_last(void **state)
{
    (void)state;
    const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n GET /next";
    const size_t head = strlen("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    size_t end = 0, length = 0;
    assert_int_equal(parse_some(text, strlen(text), &end), 0);
    assert_int_equal(end, head);
    end = 0;
    while (end == 0 && length < strlen(text))
        assert_int_equal(parse_some(text, ++length, &end), 0);
    assert_int_equal(length, head);
    assert_int_equal(end, head);
}

/* RFC 9112, section 2.2. */
static void http_head_parse__rfc9112_2_2_empty_lines_ahead__passed_over(void **state)
{
    (void)state;
    const char head[] = "\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    struct http_request request = {0};
    size_t end;
    assert_int_equal(http_head_parse(&request, head, strlen(head), &end), 0);
    assert_int_equal(end, strlen(head));
    assert_true(http_text_is(request.method, "HEAD"));
    assert_true(http_text_is(request.line, "HEAD / HTTP/1.1"));
    for (size_t length = 0; length < strlen("\r\n\r\n"); length++) {
        assert_int_equal(parse_some(head, length, &end), 0);
        assert_int_equal(end, 0);
    }
    assert_int_equal(parse_some("\r\rGET", 5, &end), EBADMSG);
}

/* Whoever parses only when http_head_advances says so misses nothing. */
static void http_head_advances__pieces_of_a_head__where_a_line_ends(void **state)
{
    (void)state;
    const char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX: a\tb\r\n\r\n";
    for (size_t at = 0; at < strlen(text); at++)
        assert_int_equal(http_head_advances(text + at, 1), text[at] == '\r' || text[at] == '\n');
    assert_true(http_head_advances(text, strlen(text)));
    assert_false(http_head_advances(text, strlen("GET / HTTP/1.1")));
    assert_true(http_head_advances("\0", 1));
    assert_true(http_head_advances("\t\x7f", 2));
    assert_false(http_head_advances("\x80\xff", 2));
}

static void http_head_parse__line_endings_of_other_kinds__refused(void **state)
{
    (void)state;
    const char *const heads[] = {
        "GET / HTTP/1.1\nHost: h\n\n",
        "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\tfolded\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
        "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        size_t end;
        assert_int_equal(parse_some(heads[i], strlen(heads[i]), &end), EBADMSG);
        /* However it is cut. */
        int error = 0;
        for (size_t length = 1; error == 0 && length <= strlen(heads[i]); length++)
            error = parse_some(heads[i], length, &end);
        assert_int_equal(error, EBADMSG);
    }
    size_t end;
    assert_int_equal(parse_some("GET /\0 HTTP", 11, &end), EBADMSG);
}

/* RFC 9110, section 5.5; RFC 9112, section 2.2. */
static void http_head_parse__control_characters__refused_before_the_head_is_whole(void **state)
{
    (void)state;
    const char head[] = "GET / HTTP/1.1\r\nX: 0123456789 0123456789\r\n";
    for (size_t at = 0; at < strlen(head); at++) {
        for (unsigned c = 0; c < 256; c++) {
            char text[sizeof head];
            size_t end;
            memcpy(text, head, sizeof head);
            text[at] = (char)c;
            if (head[at] == '\r' || head[at] == '\n' || (at > 0 && head[at - 1] == '\n'))
                continue;
            bool control = (c < ' ' && c != '\t') || c == 0x7f;
            int error = parse_some(text, strlen(head), &end);
            assert_true(!control || error == EBADMSG);
            if (at > strlen("GET / HTTP/1.1\r\nX: "))
                assert_int_equal(error, control ? EBADMSG : 0);
        }
    }
}

static void http_head_parse__plain_request__all_its_parts(void **state)
{
    (void)state;
    const char head[] = "GET /a.jpg?size=3 HTTP/1.1\r\nHost: example.org:80\r\n"
                        "User-Agent:\tcurl/8 \r\nREFERER: http://r/\r\nX-Other: y\r\n"
                        "If-None-Match: \"e\"\r\n\r\n";
    struct http_request request;
    assert_int_equal(parse_text(head, &request), 0);
    assert_true(http_text_is(request.method, "GET"));
    assert_true(http_text_is(request.target, "/a.jpg?size=3"));
    assert_true(http_text_is(request.line, "GET /a.jpg?size=3 HTTP/1.1"));
    assert_true(http_text_is(request.host, "example.org:80"));
    assert_true(http_text_is(request.user_agent, "curl/8"));
    assert_true(http_text_is(request.referer, "http://r/"));
    assert_true(http_text_is(request.if_none_match, "\"e\""));
    assert_true(request.keep_alive);
    assert_false(request.has_body);
}

static void http_head_parse__connection_field__decides(void **state)
{
    (void)state;
    const struct {
        const char *head;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", true},
        {"GET / HTTP/1.1\r\nX:\r\nY: \r\n" HOST "Z:\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n" HOST "Connection: upgrade, CLOSE\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n" HOST "Connection: close\r\nConnection: keep-alive\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: close, keep-alive\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        assert_int_equal(parse(cases[i].head, &request), 0);
        assert_int_equal(request.keep_alive, cases[i].keep_alive);
    }
}

static void http_head_parse__malformed_or_ambiguous__refused(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *head;
    } cases[] = {
        {EBADMSG, "GET  / HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.1 \r\n" HOST "\r\n"},
        {EBADMSG, "GET /a b HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET /\r\n\r\n"},
        {EBADMSG, "\x16\x03\x01 nonsense\r\n\r\n"},
        {EBADMSG, "GET / http/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.10\r\n" HOST "\r\n"},
        {EPROTONOSUPPORT, "GET / HTTP/2.0\r\n" HOST "\r\n"},
        {EPROTONOSUPPORT, "GET / HTTP/0.9\r\n" HOST "\r\n"},
        {ENOSYS, "BREW / HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "Host: other\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: a,b/c\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: user@h\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: h:8o\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: [::1]]\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: [::1]:[\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: h[::1]\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost: h:1:2\r\n\r\n"},
        {EBADMSG, "GET /#fragment HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Type: a/b\r\nContent-Type: c/d\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\nHost : h\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "X y: z\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST ": z\r\n\r\n"},
        {EBADMSG, "GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n"},
        /* Ways to say where a body ends that not everybody reads alike. */
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: \r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"},
        {EBADMSG,
         "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {EBADMSG,
         "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST
                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"},
        {EBADMSG, "POST / HTTP/1.1\r\n" HOST
                  "Content-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        int error = parse(cases[i].head, &request);
        if (error != cases[i].error)
            print_error("%d instead of %d for %s", error, cases[i].error, cases[i].head);
        assert_int_equal(error, cases[i].error);
    }
}

/* RFC 9112, sections 6.1 and 6.3: 400 where chunked is not the last, 501 where it is not alone. */
static void http_head_parse__rfc9112_6_3_coding_other_than_chunked__never_accepted(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *codings;
    } cases[] = {
        {ENOSYS, "gzip, chunked"},
        {ENOSYS, "gzip ,x,\tChunked"},
        {ENOSYS, "gzip\r\nTransfer-Encoding: chunked"},
        {EBADMSG, "gzip"},
        {EBADMSG, "identity"},
        {EBADMSG, "xchunked"},
        {EBADMSG, "chunk"},
        {EBADMSG, "\"chunked\""},
        {EBADMSG, "\013chunked"},
        {EBADMSG, "chunked;x=y"},
        {EBADMSG, "chunked, gzip"},
        {EBADMSG, "chunked, chunked"},
        {EBADMSG, "chunked\r\nTransfer-Encoding: gzip"},
        {EBADMSG, "chunked,"},
        {EBADMSG, ",chunked"},
        {EBADMSG, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char head[200] = "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: ";
        strcat(strcat(head, cases[i].codings), "\r\n\r\n");
        struct http_request request;
        assert_int_equal(parse(head, &request), cases[i].error);
    }
}

/* RFC 9112, section 3.2, with the grammar of RFC 3986, section 3.2.2. */
static void http_head_parse__rfc9112_3_2_hosts__names_and_addresses(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *host;
    } cases[] = {
        {0, ""},
        {0, "h"},
        {0, "h:"},
        {0, ":80"},
        {0, "a-b_c~d.example:8080"},
        {0, "a,b;c=d"},
        {0, "%41%c3%a9"},
        {0, "[::1]"},
        {0, "[2001:db8::192.0.2.1]:80"},
        {0, "[v1.x:y]"},
        {EBADMSG, "h h"},
        {EBADMSG, "h:port"},
        {EBADMSG, "h:80:80"},
        {EBADMSG, "h/"},
        {EBADMSG, "user@h"},
        {EBADMSG, "[::1"},
        {EBADMSG, "::1]"},
        {EBADMSG, "[::1]x"},
        {EBADMSG, "a[::1]"},
        {EBADMSG, "[]"},
        {EBADMSG, "[::%41]"},
        {EBADMSG, "%4"},
        {EBADMSG, "%zz"},
        {EBADMSG, "%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char head[200] = "GET / HTTP/1.1\r\nHost: ";
        strcat(strcat(head, cases[i].host), "\r\n\r\n");
        struct http_request request;
        if (parse(head, &request) != cases[i].error)
            print_error("not %d for %s", cases[i].error, cases[i].host);
        assert_int_equal(parse(head, &request), cases[i].error);
    }
}

/* Every field that is noted is found, whatever case its name is in. */
static void http_head_parse__names_in_any_case__noted(void **state)
{
    (void)state;
    const struct {
        const char *name;
        size_t text;
    } cases[] = {
        {"Accept-Encoding", offsetof(struct http_request, accept_encoding)},
        {"Content-Type", offsetof(struct http_request, content_type)},
        {"If-Match", offsetof(struct http_request, if_match)},
        {"If-Modified-Since", offsetof(struct http_request, if_modified_since)},
        {"If-None-Match", offsetof(struct http_request, if_none_match)},
        {"If-Range", offsetof(struct http_request, if_range)},
        {"If-Unmodified-Since", offsetof(struct http_request, if_unmodified_since)},
        {"Range", offsetof(struct http_request, range)},
        {"Referer", offsetof(struct http_request, referer)},
        {"User-Agent", offsetof(struct http_request, user_agent)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int capitals = 0; capitals < 3; capitals++) {
            char head[200], *name;
            snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "%s:  v\t \r\n\r\n",
                     cases[i].name);
            name = strstr(head, cases[i].name);
            for (size_t at = 0; capitals > 0 && at < strlen(cases[i].name); at++)
                name[at] = (char)(capitals == 1 ? toupper(name[at]) : tolower(name[at]));
            struct http_request request;
            assert_int_equal(parse_text(head, &request), 0);
            const struct http_text *text = (void *)((char *)&request + cases[i].text);
            assert_true(http_text_is(*text, "v"));

            /* And no name that looks like it: its first letter, its last one, its length. */
            for (int change = 0; change < 3; change++) {
                snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "%s%s: v\r\n\r\n",
                         cases[i].name, change == 2 ? "s" : "");
                name = strstr(head, cases[i].name);
                if (change < 2)
                    name[change == 0 ? 0 : strlen(cases[i].name) - 1] = 'x';
                assert_int_equal(parse_text(head, &request), 0);
                assert_null(text->at);
            }
        }
    }
}

/* RFC 9110, section 5.6.2: what a name and a method may consist of. */
static void http_head_parse__rfc9110_5_6_2_names__are_tokens(void **state)
{
    (void)state;
    const char others[] = "!#$%&'*+-.^_`|~";
    for (unsigned c = 1; c < 256; c++) {
        char head[] = "GET / HTTP/1.1\r\nHost: h\r\nX?Y: z\r\n\r\n";
        struct http_request request;
        *strchr(head, '?') = (char)c;
        bool token = (c < 0x80 && isalnum((int)c)) || strchr(others, (int)c) != NULL;
        if (c == ':') /* that is the name X */
            token = true;
        assert_int_equal(parse_text(head, &request), token ? 0 : EBADMSG);
    }
}

/* RFC 9110, section 5.3: what stands in a request twice is a list. */
static void http_fields_named__rfc9110_5_3_repeated_list__all_of_it(void **state)
{
    (void)state;
    const char head[] = "GET / HTTP/1.1\r\n" HOST "If-Match: \"a\"\r\nX:\r\nIF-match: \"b\" \r\n"
                        "if-match:\r\n\r\n";
    struct http_request request;
    struct http_text value;
    assert_int_equal(parse_text(head, &request), 0);
    assert_true(http_text_is(request.if_match, "\"a\""));
    struct http_text rest = request.fields;
    assert_true(http_fields_named(&rest, "If-Match", &value));
    assert_true(http_text_is(value, "\"a\""));
    assert_true(http_fields_named(&rest, "If-Match", &value));
    assert_true(http_text_is(value, "\"b\""));
    assert_true(http_fields_named(&rest, "If-Match", &value));
    assert_int_equal(value.length, 0);
    assert_false(http_fields_named(&rest, "If-Match", &value));
}

/* And that list is not a value of a field that has one. */
static void
http_head_parse__rfc9110_5_3_repeated_single_value__neither_valid_nor_absent(void **state)
{
    (void)state;
    const char *const names[] = {"If-Modified-Since", "If-Unmodified-Since", "Range", "If-Range"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char head[200];
        struct http_request request;
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "%s: v\r\n%s: v\r\n\r\n", names[i],
                 names[i]);
        assert_int_equal(parse_text(head, &request), 0);
        const struct http_text *const texts[] = {&request.if_modified_since,
                                                 &request.if_unmodified_since, &request.range,
                                                 &request.if_range};
        assert_non_null(texts[i]->at);
        assert_int_equal(texts[i]->length, 0);
    }
}

static void http_fields_next__whole_head__names_and_values_in_order(void **state)
{
    (void)state;
    const char head[] = "GET / HTTP/1.1\r\nHost: h:1\r\nEmpty:\r\nX-Y:\t a: b \t\r\n\r\n";
    const char *const expected[][2] = {{"Host", "h:1"}, {"Empty", ""}, {"X-Y", "a: b"}};
    struct http_request request;
    struct http_text name, value;
    assert_int_equal(parse_text(head, &request), 0);
    struct http_text rest = request.fields;
    for (size_t i = 0; i < 3; i++) {
        assert_true(http_fields_next(&rest, &name, &value));
        assert_true(http_text_is(name, expected[i][0]) && http_text_is(value, expected[i][1]));
    }
    assert_false(http_fields_next(&rest, &name, &value));

    const char bare[] = "GET / HTTP/1.0\r\n\r\n";
    assert_int_equal(parse_text(bare, &request), 0);
    assert_false(http_fields_next(&request.fields, &name, &value));
}

/* RFC 9112, section 3.2. */
static void http_head_parse__rfc9112_3_2_target_forms__origin_absolute_asterisk(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *line, *path, *query, *host;
    } cases[] = {
        {0, "GET /a/b?c?d", "/a/b", "c?d", "field"},
        {0, "GET //a", "//a", NULL, "field"},
        {0, "GET http://target:80/a?b", "/a", "b", "target:80"},
        {0, "GET HTTPS://[::1]:80/", "/", NULL, "[::1]:80"},
        {0, "GET http://target", "", NULL, "target"},
        {0, "GET http://target?b", "", "b", "target"},
        {0, "OPTIONS *", "*", NULL, "field"},
        {EBADMSG, "GET *", NULL, NULL, NULL},
        {EBADMSG, "OPTIONS **", NULL, NULL, NULL},
        {EBADMSG, "GET target:80", NULL, NULL, NULL},
        {EBADMSG, "OPTIONS target:80", NULL, NULL, NULL},
        {EBADMSG, "GET a/b", NULL, NULL, NULL},
        {EBADMSG, "GET ftp://target/a", NULL, NULL, NULL},
        {EBADMSG, "GET http:///a", NULL, NULL, NULL},
        {EBADMSG, "GET http://:80/a", NULL, NULL, NULL},
        {EBADMSG, "GET http://", NULL, NULL, NULL},
        {EBADMSG, "GET http://user@target/a", NULL, NULL, NULL},
        {EBADMSG, "GET http://target:x/a", NULL, NULL, NULL},
        {ENOSYS, "CONNECT target:80", NULL, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char head[200];
        struct http_request request;
        snprintf(head, sizeof head, "%s HTTP/1.1\r\nHost: field\r\n\r\n", cases[i].line);
        assert_int_equal(parse_text(head, &request), cases[i].error);
        if (cases[i].error != 0)
            continue;
        assert_true(http_text_is(request.path, cases[i].path));
        assert_true(cases[i].query == NULL ? request.query.at == NULL
                                           : http_text_is(request.query, cases[i].query));
        assert_true(http_text_is(request.host, cases[i].host));
    }
    /* Section 3.2.2: the field is required and checked all the same. */
    struct http_request request;
    assert_int_equal(parse("GET http://h/ HTTP/1.1\r\n\r\n", &request), EBADMSG);
    assert_int_equal(parse("GET http://h/ HTTP/1.1\r\nHost: a b\r\n\r\n", &request), EBADMSG);
}

/* RFC 9110, section 10.1.1. */
static void http_head_parse__rfc9110_10_1_1_expectations__only_continue_is_known(void **state)
{
    (void)state;
    const struct {
        int error;
        const char *head;
        bool expects;
    } cases[] = {
        {0, "GET / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n", true},
        {0, "GET / HTTP/1.1\r\n" HOST "Expect: ,100-continue ,\r\n\r\n", true},
        {0, "GET / HTTP/1.1\r\n" HOST "Expect:\r\n\r\n", false},
        {0, "GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", false},
        {0, "GET / HTTP/1.0\r\nExpect: more\r\n\r\n", false},
        {ENOPROTOOPT, "GET / HTTP/1.1\r\n" HOST "Expect: more\r\n\r\n", false},
        {ENOPROTOOPT, "GET / HTTP/1.1\r\n" HOST "Expect: 100-continue, a=b\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_request request;
        assert_int_equal(parse(cases[i].head, &request), cases[i].error);
        if (cases[i].error == 0)
            assert_int_equal(request.expects_continue, cases[i].expects);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static struct http_request begin(const char *framing, uint64_t max_body, int expected)
{
    char head[200] = "POST / HTTP/1.1\r\n" HOST;
    strcat(strcat(head, framing), "\r\n\r\n");
    struct http_request request;
    assert_int_equal(parse(head, &request), 0);
    assert_int_equal(http_body_begin(&request, max_body), expected);
    return request;
}

/* Passes text on in pieces of `step` bytes. Returns the error; *used: the bytes that were body. */
static int pass_over(struct http_request request, const char *text, size_t step, size_t *used)
{
    size_t length = strlen(text);
    *used = 0;
    while (*used < length && request.stage != HTTP_WHOLE) {
        size_t piece = length - *used < step ? length - *used : step, here;
        int error = http_body_skip(&request, text + *used, piece, &here);
        *used += here;
        if (error != 0)
            return error;
    }
    return request.stage == HTTP_WHOLE ? 0 : EAGAIN;
}

static void http_body_skip__declared_length__stops_there(void **state)
{
    (void)state;
    struct http_request request = begin("Content-Length: 5", 100, 0);
    for (size_t step = 1; step < 12; step++) {
        size_t used;
        assert_int_equal(pass_over(request, "helloGET /", step, &used), 0);
        assert_int_equal(used, 5);
    }
    request = begin("Content-Length: 0", 100, 0);
    assert_int_equal(request.stage, HTTP_WHOLE);
    begin("Content-Length: 101", 100, E2BIG);
    begin("Content-Length: 9999999999999999999", 100, E2BIG);
}

static void http_body_skip__chunks__stops_behind_the_last(void **state)
{
    (void)state;
    const struct http_request request = begin("Transfer-Encoding: Chunked", 100, 0);
    const struct {
        const char *body;
        int error;
    } cases[] = {
        {"0\r\n\r\n", 0},
        {"5\r\nhello\r\n0\r\n\r\n", 0},
        {"00a;name=\"value\"\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", 0},
        {"5\r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", 0},
        {"5 ;a=b\r\nhello\r\n0\t ;a\r\n\r\n", 0},
        {"5\r\nhello", EAGAIN},
        {"5\r\nhelloX\r\n0\r\n\r\n", EBADMSG},
        {"5\r\nhello\n0\r\n\r\n", EBADMSG},
        {"5\nhello\r\n0\r\n\r\n", EBADMSG},
        {"\r\n0\r\n\r\n", EBADMSG},
        {" 5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"5 \r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"5 5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"-5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"0x5\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"5;a\nb\r\nhello\r\n0\r\n\r\n", EBADMSG},
        {"0\r\nT: x\n\r\n", EBADMSG},
        {"0\r\n\rX", EBADMSG},
        {"65\r\n", E2BIG},
        {"60\r\n................................................................"
         "................................\r\n5\r\n",
         E2BIG},
        {"fffffffffffffffff\r\n", E2BIG},
        {"0000000000000000000000000000005\r\nhello\r\n0\r\n\r\n", E2BIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step < 40; step++) {
            size_t used;
            char text[200];
            strcpy(text, cases[i].body);
            if (cases[i].error == 0)
                strcat(text, "GET /next");
            int error = pass_over(request, text, step, &used);
            if (error != cases[i].error)
                print_error("%d instead of %d for %s", error, cases[i].error, text);
            assert_int_equal(error, cases[i].error);
            if (error == 0)
                assert_int_equal(used, strlen(cases[i].body));
        }
    }
}

static void http_body_skip__endless_extension__ends(void **state)
{
    (void)state;
    struct http_request request = begin("Transfer-Encoding: chunked", 100, 0);
    size_t used;
    int error = http_body_skip(&request, "1;", 2, &used);
    for (size_t i = 0; error == 0 && i < 1000000; i++)
        error = http_body_skip(&request, "x", 1, &used);
    assert_int_equal(error, E2BIG);
}

/* Many small chunks are an honest way to send what one does not know the length of. */
static void http_body_skip__chunks_of_a_byte__as_many_as_the_body_may_have(void **state)
{
    (void)state;
    const char chunk[] = "1\r\nx\r\n";
    struct http_request request = begin("Transfer-Encoding: chunked", 100000, 0);
    size_t used;
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(http_body_skip(&request, chunk, strlen(chunk), &used), 0);
    assert_int_equal(http_body_skip(&request, chunk, strlen(chunk), &used), E2BIG);
}

/* Puts together what http_body_take yields of text that comes in pieces of `step` bytes. */
static void take_all(struct http_request request, const char *text, size_t step, char *data)
{
    const size_t length = strlen(text);
    size_t at = 0;
    while (at < length && request.stage != HTTP_WHOLE) {
        const char *piece;
        size_t used, piece_length, here = length - at < step ? length - at : step;
        assert_int_equal(http_body_take(&request, text + at, here, &used, &piece, &piece_length),
                         0);
        assert_true(piece_length > 0 || used == here || request.stage == HTTP_WHOLE);
        if (piece_length > 0) {
            assert_true(piece >= text + at && piece + piece_length <= text + at + used);
            memcpy(data, piece, piece_length);
            data += piece_length;
        }
        at += used;
    }
    *data = '\0';
    assert_int_equal(request.stage, HTTP_WHOLE);
    assert_string_equal(text + at, "GET /");
}

/* RFC 9112, sections 6.3 and 7.1: however it is framed and cut, the data is the same. */
static void http_body_take__rfc9112_7_1_framings__the_data_alone(void **state)
{
    (void)state;
    const struct http_request plain = begin("Content-Length: 10", 100, 0);
    const struct http_request chunked = begin("Transfer-Encoding: chunked", 100, 0);
    for (size_t step = 1; step < 60; step++) {
        char data[100];
        take_all(plain, "0123456789GET /", step, data);
        assert_string_equal(data, "0123456789");
        take_all(chunked, "3;a=b\r\n012\r\n07\r\n3456789\r\n0\r\nTrailer: x\r\n\r\nGET /", step,
                 data);
        assert_string_equal(data, "0123456789");
        take_all(chunked, "0\r\n\r\nGET /", step, data);
        assert_string_equal(data, "");
    }
}

/* ---- targets --------------------------------------------------------------------------------- */

static struct http_text text_of(const char *string)
{
    return (struct http_text){string, strlen(string)};
}

static void http_target_split__forms__path_and_query(void **state)
{
    (void)state;
    struct http_text path, query;
    assert_int_equal(http_target_split(text_of("/a?b=c?d"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && http_text_is(query, "b=c?d"));
    assert_int_equal(http_target_split(text_of("/a"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && query.at == NULL);
    assert_int_equal(http_target_split(text_of("HTTP://h:1/a?b"), &path, &query), 0);
    assert_true(http_text_is(path, "/a") && http_text_is(query, "b"));
    assert_int_equal(http_target_split(text_of("http://h"), &path, &query), 0);
    assert_int_equal(path.length, 0);
    assert_int_equal(http_target_split(text_of("*"), &path, &query), EINVAL);
    assert_int_equal(http_target_split(text_of("h:443"), &path, &query), EINVAL);
}

static void http_target_decode__escapes__resolved_once(void **state)
{
    (void)state;
    char to[8];
    assert_int_equal(http_target_decode(text_of("a%62%2F%25"), to, sizeof to), 0);
    assert_string_equal(to, "ab/%");
    assert_int_equal(http_target_decode(text_of("%2541"), to, sizeof to), 0);
    assert_string_equal(to, "%41");
    assert_int_equal(http_target_decode(text_of("a%00b"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("a%4"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("a%"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("%gg"), to, sizeof to), EINVAL);
    assert_int_equal(http_target_decode(text_of("1234567"), to, sizeof to), 0);
    assert_int_equal(http_target_decode(text_of("12345678"), to, sizeof to), ENAMETOOLONG);
}

static void http_query_next__pairs__in_order(void **state)
{
    (void)state;
    struct http_text query = text_of("a=1&b&=c&"), name, value;
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "a") && http_text_is(value, "1"));
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "b") && value.at == NULL);
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, "") && http_text_is(value, "c"));
    assert_true(http_query_next(&query, &name, &value));
    assert_true(http_text_is(name, ""));
    assert_false(http_query_next(&query, &name, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_head_parse__bytes_one_by_one__complete_with_the_last),
        cmocka_unit_test(http_head_parse__rfc9112_2_2_empty_lines_ahead__passed_over),
        cmocka_unit_test(http_head_advances__pieces_of_a_head__where_a_line_ends),
        cmocka_unit_test(http_head_parse__line_endings_of_other_kinds__refused),
        cmocka_unit_test(http_head_parse__plain_request__all_its_parts),
        cmocka_unit_test(http_head_parse__connection_field__decides),
        cmocka_unit_test(http_head_parse__malformed_or_ambiguous__refused),
        cmocka_unit_test(http_head_parse__rfc9112_6_3_coding_other_than_chunked__never_accepted),
        cmocka_unit_test(http_head_parse__rfc9112_3_2_hosts__names_and_addresses),
        cmocka_unit_test(http_head_parse__control_characters__refused_before_the_head_is_whole),
        cmocka_unit_test(http_head_parse__names_in_any_case__noted),
        cmocka_unit_test(http_head_parse__rfc9110_5_6_2_names__are_tokens),
        cmocka_unit_test(http_fields_named__rfc9110_5_3_repeated_list__all_of_it),
        cmocka_unit_test(
            http_head_parse__rfc9110_5_3_repeated_single_value__neither_valid_nor_absent),
        cmocka_unit_test(http_fields_next__whole_head__names_and_values_in_order),
        cmocka_unit_test(http_head_parse__rfc9112_3_2_target_forms__origin_absolute_asterisk),
        cmocka_unit_test(http_head_parse__rfc9110_10_1_1_expectations__only_continue_is_known),
        cmocka_unit_test(http_body_skip__declared_length__stops_there),
        cmocka_unit_test(http_body_skip__chunks__stops_behind_the_last),
        cmocka_unit_test(http_body_skip__endless_extension__ends),
        cmocka_unit_test(http_body_skip__chunks_of_a_byte__as_many_as_the_body_may_have),
        cmocka_unit_test(http_body_take__rfc9112_7_1_framings__the_data_alone),
        cmocka_unit_test(http_target_split__forms__path_and_query),
        cmocka_unit_test(http_target_decode__escapes__resolved_once),
        cmocka_unit_test(http_query_next__pairs__in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

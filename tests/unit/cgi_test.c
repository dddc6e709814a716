/* What a script is told and what it answers, by the sections of RFC 3875. */
#include "cgi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((struct http_text){literal, sizeof(literal) - 1})

/* ---- the request ----------------------------------------------------------------------------- */

/* The variables of a request, "NAME=VALUE LF" each. */
static char variables[100000];

static size_t length_at(const unsigned char **at)
{
    const unsigned char *here = *at;
    if (here[0] < 128) {
        *at += 1;
        return here[0];
    }
    *at += 4;
    return (size_t)(here[0] & 0x7f) << 24 | (size_t)here[1] << 16 | (size_t)here[2] << 8 | here[3];
}

static void list_variables(const struct fastcgi_output *output)
{
    /* Behind FCGI_BEGIN_REQUEST: one record of parameters. */
    const unsigned char *at = (const unsigned char *)output->buffer + 16;
    const unsigned char *end = at + 8 + ((size_t)at[4] << 8 | at[5]);
    size_t length = 0;
    for (at += 8; at < end;) {
        size_t name = length_at(&at), value = length_at(&at);
        assert_true(at + name + value <= end);
        length +=
            (size_t)snprintf(variables + length, sizeof variables - length, "%.*s=%.*s\n",
                             (int)name, (const char *)at, (int)value, (const char *)at + name);
        at += name + value;
    }
}

static struct peer peer(const char *address, uint16_t port)
{
    struct sockaddr_storage any = {0};
    struct sockaddr_in *ip4 = (struct sockaddr_in *)&any;
    struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)&any;
    if (inet_pton(AF_INET, address, &ip4->sin_addr) == 1) {
        ip4->sin_family = AF_INET;
        ip4->sin_port = htons(port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, address, &ip6->sin6_addr), 1);
        ip6->sin6_family = AF_INET6;
        ip6->sin6_port = htons(port);
    }
    return peer_of(&any);
}

/* Tells a script /x.php of the folder /srv/www about a request. */
static int tell(const char *head, const char *info, bool tls)
{
    static char buffer[100000];
    struct http_request http = {0};
    struct fastcgi_output output;
    size_t end;
    assert_int_equal(http_head_parse(&http, head, strlen(head), &end), 0);
    struct cgi_request request = {.http = &http,
                                  .root = TEXT("/srv/www"),
                                  .script = TEXT("/x.php"),
                                  .info = {info, strlen(info)},
                                  .length = http.left,
                                  .tls = tls,
                                  .client = peer("192.0.2.7", 1234),
                                  .server = peer("2001:db8::1", 8080)};
    fastcgi_begin(&output, buffer, sizeof buffer);
    int error = cgi_variables(&request, &output);
    assert_int_equal(fastcgi_end_parameters(&output), 0);
    if (error == 0)
        list_variables(&output);
    return error;
}

/* The value of a variable; NULL if there is none. It stays until the next call. */
static const char *value_of(const char *name)
{
    static char value[10000];
    size_t length = strlen(name);
    const char *found = NULL;
    for (const char *line = variables; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (strncmp(line, name, length) == 0 && line[length] == '=') {
            assert_null(found); /* there is one at most */
            found = line + length + 1;
        }
    }
    if (found == NULL)
        return NULL;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\n"), found);
    return value;
}

static void cgi_variables__section_4_1__all_of_a_request(void **state)
{
    (void)state;
    assert_int_equal(tell("POST /x.php/in%20fo?a=1&b=%20 HTTP/1.1\r\nHost: example.org:8080\r\n"
                          "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\n",
                          "/in fo", true),
                     0);
    assert_string_equal(variables, "GATEWAY_INTERFACE=CGI/1.1\n"
                                   "SERVER_SOFTWARE=flux\n"
                                   "SERVER_PROTOCOL=HTTP/1.1\n"
                                   "REDIRECT_STATUS=200\n"
                                   "REQUEST_METHOD=POST\n"
                                   "SCRIPT_FILENAME=/srv/www/x.php\n"
                                   "SCRIPT_NAME=/x.php\n"
                                   "PATH_INFO=/in fo\n"
                                   "QUERY_STRING=a=1&b=%20\n"
                                   "REQUEST_URI=/x.php/in%20fo?a=1&b=%20\n"
                                   "DOCUMENT_URI=/x.php/in fo\n"
                                   "DOCUMENT_ROOT=/srv/www\n"
                                   "REMOTE_ADDR=192.0.2.7\n"
                                   "REMOTE_PORT=1234\n"
                                   "SERVER_ADDR=2001:db8::1\n"
                                   "SERVER_PORT=8080\n"
                                   "SERVER_NAME=example.org\n"
                                   "HTTPS=on\n"
                                   "CONTENT_LENGTH=12\n"
                                   "CONTENT_TYPE=text/plain\n"
                                   "HTTP_HOST=example.org:8080\n");
}

static void cgi_variables__section_4_1__without_body_query_info_and_tls(void **state)
{
    (void)state;
    assert_int_equal(tell("GET /x.php HTTP/1.0\r\nContent-Type: text/plain\r\n\r\n", "", false), 0);
    const char *const absent[] = {"CONTENT_LENGTH", "CONTENT_TYPE", "PATH_INFO", "HTTPS"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_null(value_of(absent[i]));
    assert_string_equal(value_of("QUERY_STRING"), "");
    assert_string_equal(value_of("REQUEST_URI"), "/x.php");
    assert_string_equal(value_of("SERVER_PROTOCOL"), "HTTP/1.0");
    assert_string_equal(value_of("SERVER_NAME"), "2001:db8::1");
    assert_int_equal(tell("GET /x.php? HTTP/1.0\r\n\r\n", "", false), 0);
    assert_string_equal(value_of("REQUEST_URI"), "/x.php?");
}

static void cgi_variables__section_4_1_2__a_length_of_nothing_is_one(void **state)
{
    (void)state;
    assert_int_equal(tell("POST /x.php HTTP/1.0\r\nContent-Length: 0\r\n\r\n", "", false), 0);
    assert_string_equal(value_of("CONTENT_LENGTH"), "0");
}

static void cgi_variables__section_4_1_14__the_host_without_its_port(void **state)
{
    (void)state;
    const struct {
        const char *host, *name;
    } cases[] = {
        {"example.org", "example.org"},
        {"example.org:80", "example.org"},
        {"[2001:db8::7]", "[2001:db8::7]"},
        {"[2001:db8::7]:443", "[2001:db8::7]"},
        {"", "2001:db8::1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char head[200];
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", cases[i].host);
        assert_int_equal(tell(head, "", false), 0);
        assert_string_equal(value_of("SERVER_NAME"), cases[i].name);
    }
}

static void cgi_variables__absolute_form__the_path_and_query_of_it(void **state)
{
    (void)state;
    const char *const head = "GET http://example.org?q HTTP/1.1\r\nHost: example.org\r\n\r\n";
    assert_int_equal(tell(head, "", false), 0);
    assert_string_equal(value_of("REQUEST_URI"), "/?q");
    assert_string_equal(value_of("QUERY_STRING"), "q");
}

static void cgi_variables__section_4_1_18__fields_of_the_request(void **state)
{
    (void)state;
    assert_int_equal(tell("GET / HTTP/1.1\r\nHost: h\r\nuser-AGENT: curl/7\r\nAccept: a/b\r\n"
                          "X-Many: 1\r\nCookie: a=1\r\nx-many: 2\r\nCOOKIE: b=2\r\nEmpty:\r\n"
                          "X-MANY: 3, 4\r\nAuthorization: Basic eA==\r\n\r\n",
                          "", false),
                     0);
    assert_string_equal(value_of("HTTP_USER_AGENT"), "curl/7");
    assert_string_equal(value_of("HTTP_ACCEPT"), "a/b");
    assert_string_equal(value_of("HTTP_X_MANY"), "1, 2, 3, 4");
    assert_string_equal(value_of("HTTP_COOKIE"), "a=1; b=2");
    assert_string_equal(value_of("HTTP_EMPTY"), "");
    assert_string_equal(value_of("HTTP_AUTHORIZATION"), "Basic eA==");
}

static void cgi_variables__fields_that_could_be_taken_for_others__left_out(void **state)
{
    (void)state;
    assert_int_equal(tell("GET / HTTP/1.1\r\nHost: h\r\nProxy: evil:80\r\npROXY: evil:81\r\n"
                          "User_Agent: fake\r\nX.Y: 1\r\nConnection: keep-alive\r\n"
                          "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: x\r\nContent-Type: t/p\r\n"
                          "Content-Length: 3\r\n\r\n",
                          "", false),
                     0);
    assert_null(strstr(variables, "evil"));
    assert_null(strstr(variables, "fake"));
    for (const char *at = variables; (at = strstr(at, "HTTP_")) != NULL; at++)
        assert_memory_equal(at, "HTTP_HOST=", 10);
}

static void cgi_variables__as_many_fields_as_an_attack_has__EMSGSIZE(void **state)
{
    (void)state;
    for (int count = 127; count <= 128; count++) {
        char head[4000] = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (int i = 0; i < count; i++)
            strcat(head, "X: 1\r\n");
        strcat(head, "\r\n");
        assert_int_equal(tell(head, "", false), count < 128 ? 0 : EMSGSIZE);
    }
}

/* ---- the response ---------------------------------------------------------------------------- */

static struct cgi_response response;

/* Reads a head in two pieces; returns an error or 0, and what is left for the body. */
static int read_head(const char *head, size_t length, size_t split, const char **body)
{
    size_t used = 0, more = 0;
    memset(&response, 'x', sizeof response);
    cgi_response_reset(&response);
    char *first = malloc(split + 1), *second = malloc(length - split + 1);
    assert_true(first != NULL && second != NULL);
    memcpy(first, head, split);
    memcpy(second, head + split, length - split);
    int error = cgi_response_take(&response, (struct http_text){first, split}, &used);
    if (error == 0 && !response.whole) {
        assert_int_equal(used, split);
        error = cgi_response_take(&response, (struct http_text){second, length - split}, &more);
    }
    free(first);
    free(second);
    *body = head + used + more;
    return error;
}

static const struct head_case {
    const char *head;
    int error;
    unsigned status;
    const char *fields;
} heads[] = {
    /* 6.2.1: a document. */
    {"Content-Type: text/html\r\n\r\n", 0, 200, "Content-Type: text/html\r\n"},
    {"Content-Type: text/html\n\n", 0, 200, "Content-Type: text/html\r\n"},
    {"Status: 404 Not Found\nContent-Type: a/b\r\n\n", 0, 404, "Content-Type: a/b\r\n"},
    {"Status: 404\n\n", 0, 404, ""},
    {"status:\t299 \n\n", 0, 299, ""},
    {"\n", 0, 200, ""},
    {"\r\n", 0, 200, ""},
    /* 6.2.2 to 6.2.4: elsewhere. */
    {"Location: /there\n\n", 0, 302, "Location: /there\r\n"},
    {"Location: http://there/\nStatus: 301 Moved\n\n", 0, 301, "Location: http://there/\r\n"},
    {"Status: 201 Created\nLocation: /it\n\n", 0, 201, "Location: /it\r\n"},
    /* 6.3: other fields. */
    {"Set-Cookie: a=1\nSet-Cookie: b=2\r\nX-Y:z\nEmpty:\n\n", 0, 200,
     "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Y:z\r\nEmpty:\r\n"},
    {"X: \t tab and \200\377\n\n", 0, 200, "X: \t tab and \200\377\r\n"},
    /* Those of the connection, and the server's own. */
    {"Connection: close\nkeep-alive: 1\nTransfer-Encoding: chunked\nTE: x\nTrailer: X\nUpgrade: x\n"
     "Proxy-Connection: x\nDate: today\nServer: me\nContent-Length: 5\nA: b\n\n",
     0, 200, "A: b\r\n"},
    /* What breaks the rules. */
    {"no colon\n\n", EREMOTEIO, 0, NULL},
    {": nameless\n\n", EREMOTEIO, 0, NULL},
    {"space : x\n\n", EREMOTEIO, 0, NULL},
    {" X: folded\n\n", EREMOTEIO, 0, NULL},
    {"X: a\n folded\n\n", EREMOTEIO, 0, NULL},
    {"X\200: y\n\n", EREMOTEIO, 0, NULL},
    {"X: a\rb\n\n", EREMOTEIO, 0, NULL},
    {"X: a\r\r\n\n", EREMOTEIO, 0, NULL},
    {"X: a\033b\n\n", EREMOTEIO, 0, NULL},
    {"X: a\177b\n\n", EREMOTEIO, 0, NULL},
    {"HTTP/1.1 200 OK\n\n", EREMOTEIO, 0, NULL},
    {"Status: 99\n\n", EREMOTEIO, 0, NULL},
    {"Status: 100 Continue\n\n", EREMOTEIO, 0, NULL},
    {"Status: 199\n\n", EREMOTEIO, 0, NULL},
    {"Status: 600\n\n", EREMOTEIO, 0, NULL},
    {"Status: 2000\n\n", EREMOTEIO, 0, NULL},
    {"Status: 20x\n\n", EREMOTEIO, 0, NULL},
    {"Status: OK\n\n", EREMOTEIO, 0, NULL},
    {"Status:\n\n", EREMOTEIO, 0, NULL},
    {"Status: 200\nStatus: 200\n\n", EREMOTEIO, 0, NULL},
    {"Location: /a\nLocation: /b\n\n", EREMOTEIO, 0, NULL},
    {"Content-Type: a/b\ncontent-type: a/b\n\n", EREMOTEIO, 0, NULL},
    {"Content-Length: 1\nContent-Length: 1\n\n", EREMOTEIO, 0, NULL},
    {"Content-Length:\n\n", EREMOTEIO, 0, NULL},
    {"Content-Length: -1\n\n", EREMOTEIO, 0, NULL},
    {"Content-Length: 1, 1\n\n", EREMOTEIO, 0, NULL},
    {"Content-Length: 99999999999999999999\n\n", EREMOTEIO, 0, NULL},
};

static void cgi_response_take__section_6__every_head_at_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        const struct head_case *each = &heads[i];
        char head[1000];
        size_t length = (size_t)snprintf(head, sizeof head, "%s\nbody\n\n", each->head);
        for (size_t split = 0; split <= length; split++) {
            const char *body;
            int error = read_head(head, length, split, &body);
            if (error != each->error)
                fail_msg("%s: %d", each->head, error);
            if (error != 0)
                continue;
            assert_true(response.whole);
            assert_int_equal(response.status, each->status);
            assert_int_equal(response.used, strlen(each->fields));
            assert_memory_equal(response.fields, each->fields, response.used);
            assert_ptr_equal(body, head + strlen(each->head));
        }
    }
}

static void cgi_response_take__section_6_3__a_NUL_is_refused(void **state)
{
    (void)state;
    const char *body;
    assert_int_equal(read_head("X: a\0b\n\n", 8, 0, &body), EREMOTEIO);
    assert_int_equal(read_head("X\0: ab\n\n", 8, 0, &body), EREMOTEIO);
    assert_int_equal(read_head("X: ab\n\0\n\n", 9, 0, &body), EREMOTEIO);
}

static void cgi_response_take__content_length__told(void **state)
{
    (void)state;
    const char *body, head[] = "content-LENGTH: 18446744073709551609 \n\n";
    assert_int_equal(read_head(head, strlen(head), 0, &body), 0);
    assert_true(response.has_length);
    assert_true(response.length == UINT64_C(18446744073709551609));
    assert_int_equal(read_head("A: b\n\n", 6, 0, &body), 0);
    assert_false(response.has_length);
}

static void cgi_response_take__not_whole__goes_on(void **state)
{
    (void)state;
    size_t used;
    cgi_response_reset(&response);
    assert_int_equal(cgi_response_take(&response, TEXT("Content-Type: a/b\r\n"), &used), 0);
    assert_int_equal(used, 19);
    assert_false(response.whole);
    assert_int_equal(cgi_response_take(&response, TEXT(""), &used), 0);
    assert_false(response.whole);
}

/* A head of lines that are passed on, or are not, whose length is `length` before the empty line.
 */
static int read_long_head(const char *line, size_t length)
{
    char *head = malloc(length + 1);
    const char *body;
    assert_non_null(head);
    size_t at = 0, size = strlen(line);
    for (; at + size <= length; at += size)
        memcpy(head + at, line, size);
    /* The last line takes what is left. */
    at -= strlen(strpbrk(line, "\r\n"));
    memset(head + at, 'l', length - at);
    head[length - 1] = head[length] = '\n';
    int error = read_head(head, length + 1, 0, &body);
    free(head);
    return error;
}

/* A head of one line, whose length is `length` with its LF. */
static int read_long_line(size_t length)
{
    char *head = malloc(length + 1);
    const char *body;
    assert_non_null(head);
    memset(head, ':', length);
    head[0] = 'A';
    head[length - 1] = head[length] = '\n';
    int error = read_head(head, length + 1, 0, &body);
    free(head);
    return error;
}

static void cgi_response_take__at_and_above_the_limit__EOVERFLOW(void **state)
{
    (void)state;
    const char *const lines[] = {"Date: not passed on\n", "Longer-Than-Others: passed on\r\n"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(read_long_head(lines[i], CGI_HEAD_SIZE - 40), 0);
        assert_int_equal(read_long_head(lines[i], CGI_HEAD_SIZE), EOVERFLOW);
        assert_int_equal(read_long_head(lines[i], 3 * CGI_HEAD_SIZE), EOVERFLOW);
    }
    /* Every LF that becomes CR LF takes room. */
    for (size_t length = CGI_HEAD_SIZE - 5; length < CGI_HEAD_SIZE + 5; length++) {
        int error = read_long_line(length);
        assert_int_equal(error, length <= CGI_HEAD_SIZE - 3 ? 0 : EOVERFLOW);
        assert_true(response.used <= sizeof response.fields);
    }
    assert_int_equal(read_long_head("A:\n", CGI_HEAD_SIZE / 2), 0);
    assert_int_equal(read_long_head("A:\n", CGI_HEAD_SIZE * 7 / 8), EOVERFLOW);
}

static void cgi_response_take__a_line_without_end__EOVERFLOW(void **state)
{
    (void)state;
    char piece[1000];
    size_t used, total = 0;
    memset(piece, 'x', sizeof piece);
    cgi_response_reset(&response);
    int error = 0;
    while (error == 0 && total < 10 * CGI_HEAD_SIZE) {
        error = cgi_response_take(&response, (struct http_text){piece, sizeof piece}, &used);
        total += used;
    }
    assert_int_equal(error, EOVERFLOW);
    assert_true(total <= CGI_HEAD_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cgi_variables__section_4_1__all_of_a_request),
        cmocka_unit_test(cgi_variables__section_4_1__without_body_query_info_and_tls),
        cmocka_unit_test(cgi_variables__section_4_1_2__a_length_of_nothing_is_one),
        cmocka_unit_test(cgi_variables__section_4_1_14__the_host_without_its_port),
        cmocka_unit_test(cgi_variables__absolute_form__the_path_and_query_of_it),
        cmocka_unit_test(cgi_variables__section_4_1_18__fields_of_the_request),
        cmocka_unit_test(cgi_variables__fields_that_could_be_taken_for_others__left_out),
        cmocka_unit_test(cgi_variables__as_many_fields_as_an_attack_has__EMSGSIZE),
        cmocka_unit_test(cgi_response_take__section_6__every_head_at_every_split),
        cmocka_unit_test(cgi_response_take__section_6_3__a_NUL_is_refused),
        cmocka_unit_test(cgi_response_take__content_length__told),
        cmocka_unit_test(cgi_response_take__not_whole__goes_on),
        cmocka_unit_test(cgi_response_take__at_and_above_the_limit__EOVERFLOW),
        cmocka_unit_test(cgi_response_take__a_line_without_end__EOVERFLOW),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

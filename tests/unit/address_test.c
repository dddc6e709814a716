/* address_test.c - ADDR:PORT. */
#include "address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void address_split__host_and_port__both(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"127.0.0.1:80", "127.0.0.1", "80"},
        {"[::1]:65535", "::1", "65535"},
        {":0", "", "0"},
        {"[]:1", "", "1"},
        {"example.org:080", "example.org", "080"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
        assert_int_equal(address_split(cases[i][0], host, port), 0);
        assert_string_equal(host, cases[i][1]);
        assert_string_equal(port, cases[i][2]);
    }
}

static void address_split__anything_else__einval(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "80",
        "localhost",
        "localhost:",
        "127.0.0.1:http",
        "::1:80",
        "[::1]",
        "[::1]80:",
        "a:b:1",
        "a:-1",
        "a:+1",
        "a: 1",
        "a:1 ",
        "a:65536",
        "a:1x",
        "a:0000000000000001" /* no port has so many digits */,
    };
    char host[ADDRESS_HOST_SIZE] = "host", port[ADDRESS_PORT_SIZE] = "port";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (address_split(cases[i], host, port) != EINVAL)
            fail_msg("'%s' is taken", cases[i]);
    assert_string_equal(host, "host");
    assert_string_equal(port, "port");
}

static void address_split__longest_host__fits(void **state)
{
    (void)state;
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE], text[ADDRESS_HOST_SIZE + 8];
    memset(text, 'a', sizeof text);
    strcpy(text + ADDRESS_HOST_SIZE - 1, ":80");
    assert_int_equal(address_split(text, host, port), 0);
    assert_int_equal(strlen(host), ADDRESS_HOST_SIZE - 1);
    strcpy(text + ADDRESS_HOST_SIZE - 1, "a:80");
    assert_int_equal(address_split(text, host, port), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_split__host_and_port__both),
        cmocka_unit_test(address_split__anything_else__einval),
        cmocka_unit_test(address_split__longest_host__fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

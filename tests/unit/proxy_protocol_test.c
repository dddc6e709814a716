/* proxy_protocol_test.c - headers of the PROXY protocol, byte by byte. */
#include "proxy_protocol.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage v4(const char *text, uint16_t port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    inet_pton(AF_INET, text, &in->sin_addr);
    return storage;
}

static struct sockaddr_storage v6(const char *text, uint16_t port)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    inet_pton(AF_INET6, text, &in6->sin6_addr);
    return storage;
}

static void write__ipv4__has_28_bytes(void **state)
{
    (void)state;
    static const unsigned char expected[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x01\x02\x03"
                                            "\xc0\xa8\0\1\x12\x34\0\x50";
    unsigned char header[PROXY_PROTOCOL_SIZE];
    struct sockaddr_storage from = v4("10.1.2.3", 0x1234), to = v4("192.168.0.1", 80);
    assert_int_equal(proxy_protocol_write(header, &from, &to), 28);
    assert_memory_equal(header, expected, 28);
}

static void write__ipv6__has_52_bytes(void **state)
{
    (void)state;
    unsigned char header[PROXY_PROTOCOL_SIZE];
    struct sockaddr_storage from = v6("2001:db8::1", 0x1234), to = v6("::1", 80);
    assert_int_equal(proxy_protocol_write(header, &from, &to), 52);
    assert_memory_equal(header + 12, "\x21\x21\0\x24\x20\x01\x0d\xb8", 8);
    assert_memory_equal(header + 47, "\1\x12\x34\0\x50", 5);
}

static void write__of_two_families__is_local(void **state)
{
    (void)state;
    unsigned char header[PROXY_PROTOCOL_SIZE];
    struct sockaddr_storage from = v4("10.1.2.3", 1), to = v6("::1", 80);
    assert_int_equal(proxy_protocol_write(header, &from, &to), 16);
    assert_memory_equal(header + 12, "\x20\0\0\0", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write__ipv4__has_28_bytes),
        cmocka_unit_test(write__ipv6__has_52_bytes),
        cmocka_unit_test(write__of_two_families__is_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

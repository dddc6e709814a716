/* What is compressed is what was there. */
// libs: -lz
#include "gzip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

static void gzip_compress__text__what_gunzip_gives_back(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    unsigned char *text = malloc(SIZE), *back = malloc(SIZE), *compressed;
    size_t length;
    for (unsigned i = 0; i < SIZE; i++)
        text[i] = (unsigned char)((unsigned)"all that glitters "[i % 18] ^ i / 5000);
    assert_int_equal(gzip_compress(text, SIZE, &compressed, &length), 0);
    assert_true(length < SIZE / 4);
    assert_memory_equal(compressed, "\x1f\x8b\x08", 3); /* RFC 1952, section 2.3 */

    z_stream stream = {
        .next_in = compressed, .avail_in = (uInt)length, .next_out = back, .avail_out = SIZE};
    assert_int_equal(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, SIZE);
    inflateEnd(&stream);
    assert_memory_equal(text, back, SIZE);
    free(compressed);
    free(back);
    free(text);
}

static void gzip_compress__noise__not_worth_it(void **state)
{
    (void)state;
    unsigned char noise[5000], *compressed;
    size_t length;
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (unsigned char)(seed >> 24);
    }
    assert_int_equal(gzip_compress(noise, sizeof noise, &compressed, &length), ENOSPC);
    assert_int_equal(gzip_compress(noise, 0, &compressed, &length), ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_compress__text__what_gunzip_gives_back),
        cmocka_unit_test(gzip_compress__noise__not_worth_it),
    };
    return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}

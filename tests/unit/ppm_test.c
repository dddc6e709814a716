/* Pictures: headers that lie, and scaling that must not. */
#include "ppm.h"
#include "scale.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void ppm_parse__headers__as_netpbm_reads_them(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t width, height, maximum;
    } cases[] = {
        {"P6 2 3 255\n", 2, 3, 255},
        {"P6\n2\n3\n255 ", 2, 3, 255},
        {"P6\n# made by hand\n2 3\n# 7 7\n100\n", 2, 3, 100},
        {"P6#a\n2#b\n3 # c\r255\n", 2, 3, 255},
        {"P6\t 0004294967295 \v1\f255\r", 4294967295u, 1, 255},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ppm ppm;
        char text[64];
        strcat(strcpy(text, cases[i].text), "#1 pixels");
        assert_int_equal(ppm_parse(&ppm, text, strlen(text)), 0);
        assert_int_equal(ppm.width, cases[i].width);
        assert_int_equal(ppm.height, cases[i].height);
        assert_int_equal(ppm.maximum, cases[i].maximum);
        assert_int_equal(ppm.header, strlen(cases[i].text));
        /* Cut off anywhere, it is not a header. */
        for (size_t length = 0; length < ppm.header; length++)
            assert_int_equal(ppm_parse(&ppm, text, length), EBADMSG);
    }
}

static void ppm_parse__not_such_a_header__refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "P5 2 3 255\n",   "p6 2 3 255\n",
        "P62 3 255\n",    "P6 0 3 255\n",
        "P6 2 0 255\n",   "P6 2 3 0\n",
        "P6 2 3 256\n",   "P6 2 3 65535\n",
        "P6 -2 3 255\n",  "P6 2 3 255x",
        "P6 2 3 255#\n",  "P6 4294967296 1 255\n",
        "P6 2.0 3 255\n", "",
        "P6 2 3",         "P6 99999999999999999999999 1 255\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ppm ppm;
        if (ppm_parse(&ppm, texts[i], strlen(texts[i])) != EBADMSG)
            fail_msg("accepted: %s", texts[i]);
    }
}

static void ppm_bytes__largest_sizes__does_not_wrap(void **state)
{
    (void)state;
    struct ppm ppm = {.width = UINT32_MAX, .height = UINT32_MAX};
    assert_true(ppm_bytes(&ppm) == UINT64_MAX);
    ppm = (struct ppm){.width = 3, .height = 5};
    assert_int_equal(ppm_bytes(&ppm), 45);
}

/* The average over the area of each new pixel, in floating point. */
static void scale_plainly(const unsigned char *from, unsigned w, unsigned h, double *to,
                          unsigned nw, unsigned nh)
{
    for (unsigned y = 0; y < nh; y++)
        for (unsigned x = 0; x < nw; x++)
            for (unsigned c = 0; c < 3; c++) {
                double top = (double)y * h / nh, bottom = (double)(y + 1) * h / nh;
                double left = (double)x * w / nw, right = (double)(x + 1) * w / nw, sum = 0;
                for (unsigned j = (unsigned)top; j < h && j < bottom; j++)
                    for (unsigned i = (unsigned)left; i < w && i < right; i++) {
                        double high = fmin(bottom, j + 1) - fmax(top, j);
                        double wide = fmin(right, i + 1) - fmax(left, i);
                        sum += high * wide * from[((size_t)j * w + i) * 3 + c];
                    }
                to[((size_t)y * nw + x) * 3 + c] = sum / ((bottom - top) * (right - left));
            }
}

static void scale_all(const unsigned char *from, unsigned w, unsigned h, unsigned char *to,
                      unsigned nw, unsigned nh)
{
    struct scale *scale = scale_new(w, h, nw, nh, to);
    assert_non_null(scale);
    for (unsigned y = 0; y < h; y++)
        scale_row(scale, from + (size_t)y * w * 3);
    scale_free(scale);
}

static void scale_row__noise_of_all_sizes__averages_of_areas(void **state)
{
    (void)state;
    unsigned char *from = malloc(40 * 40 * 3), *to = malloc(40 * 40 * 3);
    double *expected = malloc(40 * 40 * 3 * sizeof *expected);
    unsigned seed = 7;
    for (size_t i = 0; i < 40 * 40 * 3; i++) {
        seed = seed * 1103515245 + 12345;
        from[i] = (unsigned char)(seed >> 16);
    }
    for (unsigned w = 1; w <= 40; w += 3)
        for (unsigned h = 1; h <= 40; h += 3)
            for (unsigned size = 1; size <= 8; size++) {
                unsigned nw = (w * size + 7) / 8, nh = (h * size + 7) / 8;
                /* Behind the last pixel nothing may be written. */
                memset(to, 0xee, 40 * 40 * 3);
                scale_all(from, w, h, to, nw, nh);
                scale_plainly(from, w, h, expected, nw, nh);
                for (size_t i = 0; i < (size_t)nw * nh * 3; i++)
                    assert_true(fabs(to[i] - expected[i]) <= 0.52);
                for (size_t i = (size_t)nw * nh * 3; i < 40 * 40 * 3; i++)
                    assert_int_equal(to[i], 0xee);
            }
    free(from);
    free(to);
    free(expected);
}

static void scale_row__plain_colour__stays_exactly_that(void **state)
{
    (void)state;
    const unsigned char values[] = {0, 1, 127, 254, 255};
    enum { W = 4001, H = 17 };
    unsigned char *from = malloc(W * H * 3), *to = malloc(W * H * 3);
    for (size_t v = 0; v < sizeof values; v++)
        for (unsigned size = 1; size <= 8; size++) {
            unsigned nw = (W * size + 7) / 8, nh = (H * size + 7) / 8;
            memset(from, values[v], W * H * 3);
            scale_all(from, W, H, to, nw, nh);
            for (size_t i = 0; i < (size_t)nw * nh * 3; i++)
                assert_int_equal(to[i], values[v]);
        }
    free(from);
    free(to);
}

static void scale_row__widest_picture__no_overflow(void **state)
{
    (void)state;
    enum { W = 65500 };
    unsigned char *from = malloc(W * 3), *to = malloc(W * 3);
    memset(from, 255, W * 3);
    for (unsigned size = 1; size <= 8; size++) {
        unsigned nw = (W * size + 7) / 8;
        scale_all(from, W, 1, to, nw, 1);
        for (size_t i = 0; i < (size_t)nw * 3; i++)
            assert_int_equal(to[i], 255);
    }
    free(from);
    free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ppm_parse__headers__as_netpbm_reads_them),
        cmocka_unit_test(ppm_parse__not_such_a_header__refused),
        cmocka_unit_test(ppm_bytes__largest_sizes__does_not_wrap),
        cmocka_unit_test(scale_row__noise_of_all_sizes__averages_of_areas),
        cmocka_unit_test(scale_row__plain_colour__stays_exactly_that),
        cmocka_unit_test(scale_row__widest_picture__no_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ledger_test.c - what is entered in a ledger comes out of its queries. */
// libs: -lsqlite3
#include "ledger.h"

#include "flux.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR (UINT64_C(3600) * 1000000000)

static struct ledger_entry request(uint8_t client, uint64_t milliseconds)
{
    uint64_t now = flux_now();
    return (struct ledger_entry){.kind = LEDGER_REQUEST,
                                 .replica = 1,
                                 .client = {.family = AF_INET, .address = {10, 0, 0, client}},
                                 .began = now - milliseconds * 1000000,
                                 .answered = now,
                                 .ended = now,
                                 .up = 100,
                                 .down = 1000};
}

static struct ledger *make(void)
{
    struct ledger *ledger;
    assert_int_equal(ledger_open(&ledger, NULL, HOUR), 0);
    assert_int_equal(ledger_name(ledger, 1, "10.9.0.1:80"), 0);
    return ledger;
}

/* All of the last minute, in one step. */
static char *minute(struct ledger *ledger, bool by_client)
{
    char *text = NULL;
    size_t length = 0;
    int64_t now = (int64_t)time(NULL);
    struct ledger_span span = {now - 60, now + 60, 120, by_client};
    assert_int_equal(ledger_query(ledger, &span, &text, &length), 0);
    assert_int_equal(strlen(text), length);
    return text;
}

static void query__after_requests__sums_them(void **state)
{
    (void)state;
    struct ledger *ledger = make();
    assert_null(ledger_take(ledger));
    for (uint8_t i = 1; i <= 3; i++) {
        struct ledger_entry entry = request(i, i);
        ledger_enter(ledger, &entry);
        if (i != 2) /* in two batches, of the same second, most likely */
            ledger_write(ledger, ledger_take(ledger));
    }
    char *text = minute(ledger, false);
    assert_non_null(strstr(text, "\"name\":\"10.9.0.1:80\",\"requests\":[3]"));
    assert_non_null(strstr(text, "\"bytes\":[3300],\"mean\":[2000]"));
    assert_non_null(strstr(text, "\"max\":[3000]"));
    free(text);
    text = minute(ledger, true);
    assert_non_null(strstr(text, "\"name\":\"10.0.0.2\",\"requests\":[1]"));
    free(text);
    ledger_close(ledger);
}

static void enter__more_than_there_is_room_for__is_counted(void **state)
{
    (void)state;
    struct ledger *ledger = make();
    struct ledger_entry entry = request(1, 1);
    for (size_t i = 0; i < 70000; i++)
        ledger_enter(ledger, &entry);
    assert_int_equal(ledger_lost(ledger), 70000 - 65536);
    ledger_close(ledger);
}

static void query__a_span_that_is_none__is_refused(void **state)
{
    (void)state;
    static const struct ledger_span spans[] = {{-1, 5, 1, false},
                                               {5, 5, 1, false},
                                               {0, 10, 0, false},
                                               {0, 2001, 1, false},
                                               {0, INT64_MAX, 1, false}};
    struct ledger *ledger = make();
    char *text = NULL;
    size_t length;
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
        assert_int_equal(ledger_query(ledger, &spans[i], &text, &length), EINVAL);
    ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__after_requests__sums_them),
        cmocka_unit_test(enter__more_than_there_is_room_for__is_counted),
        cmocka_unit_test(query__a_span_that_is_none__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

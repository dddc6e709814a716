/* fair_test.c - turns among clients, and bounds for each. */
#include "fair.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct peer client(uint8_t last)
{
    return (struct peer){.family = AF_INET, .port = last, .address = {10, 0, 0, last}};
}

static bool is_readable(const struct ticket *ticket)
{
    struct pollfd one = {.fd = ticket->fd, .events = POLLIN};
    return poll(&one, 1, 0) == 1;
}

static void next__clients_that_wait__take_turns(void **state)
{
    (void)state;
    const uint8_t order[] = {1, 1, 1, 2, 2, 3}, expected[] = {0, 3, 5, 1, 4, 2};
    struct ticket *tickets[6];
    struct fair *fair = fair_new(0, 10);
    for (size_t i = 0; i < 6; i++) {
        struct peer peer = client(order[i]);
        peer.port = (uint16_t)i; /* of another connection of that client */
        tickets[i] = ticket_new();
        assert_int_equal(fair_wait(fair, &peer, tickets[i]), 0);
    }
    assert_int_equal(fair_waiting(fair), 6);
    for (size_t i = 0; i < 6; i++)
        assert_ptr_equal(fair_next(fair), tickets[expected[i]]);
    assert_null(fair_next(fair));
    assert_int_equal(fair_waiting(fair), 0);
    for (size_t i = 0; i < 6; i++)
        ticket_free(tickets[i]);
    fair_free(fair);
}

static void forgo__any_of_them__leaves_the_others(void **state)
{
    (void)state;
    for (size_t leaves = 0; leaves < 4; leaves++) {
        const uint8_t order[] = {1, 2, 1, 2};
        struct ticket *tickets[4];
        struct fair *fair = fair_new(0, 10);
        for (size_t i = 0; i < 4; i++) {
            struct peer peer = client(order[i]);
            tickets[i] = ticket_new();
            fair_wait(fair, &peer, tickets[i]);
        }
        fair_forgo(fair, tickets[leaves]);
        fair_forgo(fair, tickets[leaves]); /* it does not wait any more */
        size_t seen = 0;
        for (struct ticket *next; (next = fair_next(fair)) != NULL; seen++)
            assert_ptr_not_equal(next, tickets[leaves]);
        assert_int_equal(seen, 3);
        for (size_t i = 0; i < 4; i++)
            ticket_free(tickets[i]);
        fair_free(fair);
    }
}

static void wait__too_many__is_refused(void **state)
{
    (void)state;
    struct peer peer = client(1);
    struct fair *fair = fair_new(0, 1);
    struct ticket *one = ticket_new(), *other = ticket_new();
    assert_int_equal(fair_wait(fair, &peer, one), 0);
    assert_int_equal(fair_wait(fair, &peer, other), ENOBUFS);
    assert_ptr_equal(fair_next(fair), one);
    ticket_free(one);
    ticket_free(other);
    fair_free(fair);
}

static void claim__beyond_the_bound__waits_for_a_release(void **state)
{
    (void)state;
    struct peer one = client(1), other = client(2);
    struct fair *fair = fair_new(2, 10);
    struct ticket *first = ticket_new(), *second = ticket_new();
    assert_int_equal(fair_claim(fair, &one, NULL), 0);
    assert_int_equal(fair_claim(fair, &one, NULL), 0);
    assert_int_equal(fair_claim(fair, &one, NULL), EAGAIN);
    assert_int_equal(fair_claim(fair, &other, NULL), 0); /* each has its own bound */
    assert_int_equal(fair_claim(fair, &one, first), EAGAIN);
    assert_int_equal(fair_claim(fair, &one, second), EAGAIN);
    fair_release(fair, &other);
    assert_false(first->granted || is_readable(first));
    fair_release(fair, &one);
    assert_true(first->granted && is_readable(first));
    assert_false(second->granted);
    fair_forgo(fair, second);
    fair_release(fair, &one);
    fair_release(fair, &one);
    assert_int_equal(fair_claim(fair, &one, NULL), 0); /* nothing is left of before */
    assert_int_equal(fair_claim(fair, &one, NULL), 0);
    assert_int_equal(fair_claim(fair, &one, NULL), EAGAIN);
    ticket_free(first);
    ticket_free(second);
    fair_free(fair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next__clients_that_wait__take_turns),
        cmocka_unit_test(forgo__any_of_them__leaves_the_others),
        cmocka_unit_test(wait__too_many__is_refused),
        cmocka_unit_test(claim__beyond_the_bound__waits_for_a_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* replicas_test.c - which replica is taken, and what makes one go down and come back. */
// libs: -lm
#include "replicas.h"
#include "strategy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define HOUR (UINT64_C(3600) * 1000000000)

static const struct peer anybody = {.family = AF_INET, .address = {10, 0, 0, 1}};

static struct replicas *make(const char *strategy, uint64_t maxconn, size_t count)
{
    static const char *const names[] = {"10.1.0.1:80", "10.1.0.2:80", "10.1.0.3:80"};
    struct replicas *replicas = replicas_new(&(struct replicas_options){
        strategy_named(strategy), .maxconn = maxconn, .failures = 2, .retry = HOUR});
    for (size_t i = 0; i < count; i++)
        assert_int_equal(replicas_add(replicas, names[i], true), 0);
    return replicas;
}

static struct replica *take(struct replicas *replicas)
{
    struct replica *taken = NULL;
    assert_int_equal(replicas_take(replicas, &anybody, NULL, &taken), 0);
    return taken;
}

static void take__each_strategy__has_a_row(void **state)
{
    (void)state;
    static const char *const names[] = {"rr", "least", "p2c", "ewma", "hash"};
    for (size_t i = 0; i < 5; i++) {
        struct replicas *replicas = make(names[i], 0, 3);
        assert_string_equal(strategy_name(strategy_named(names[i])), names[i]);
        for (size_t turn = 0; turn < 100; turn++)
            replicas_give(replicas, take(replicas));
        replicas_free(replicas);
    }
    assert_null(strategy_named("best"));
}

static void take__least__goes_by_unfinished_requests_first(void **state)
{
    (void)state;
    struct replicas *replicas = make("least", 0, 3);
    struct replica *busy = take(replicas);
    replica_asked(busy);
    for (size_t i = 0; i < 8; i++) /* connections alone weigh less than a request */
        assert_ptr_not_equal(take(replicas), busy);
    replica_answered(busy, 1000);
    assert_ptr_equal(take(replicas), busy);
    replicas_free(replicas);
}

static void take__ewma__asks_who_is_slow_less(void **state)
{
    (void)state;
    struct replicas *replicas = make("ewma", 0, 2);
    struct replica *slow = take(replicas), *fast = take(replicas);
    assert_ptr_not_equal(slow, fast); /* who has not answered yet is not asked again */
    replica_asked(slow);
    replica_asked(fast);
    replica_answered(slow, 40000000);
    replica_answered(fast, 10000000);
    unsigned asked = 0;
    for (size_t i = 0; i < 10; i++) {
        struct replica *taken = take(replicas);
        asked += taken == slow;
        replica_asked(taken);
    }
    assert_int_equal(asked, 2); /* it takes four times as long */
    replicas_free(replicas);
}

static void take__hash__stays_while_others_come_and_go(void **state)
{
    (void)state;
    struct replicas *replicas = make("hash", 0, 2);
    struct replica *mine = take(replicas);
    size_t moved = 0;
    replicas_add(replicas, "10.1.0.3:80", true);
    for (uint8_t last = 0; last < 200; last++) {
        struct peer peer = anybody;
        struct replica *before = NULL, *after = NULL;
        peer.address[3] = last;
        replicas_take(replicas, &peer, NULL, &after);
        replicas_drain(replicas, "10.1.0.3:80");
        replicas_take(replicas, &peer, NULL, &before);
        replicas_add(replicas, "10.1.0.3:80", true);
        assert_true(before == after || strcmp(after->name, "10.1.0.3:80") == 0);
        moved += before != after;
    }
    assert_in_range(moved, 30, 110); /* about a third */
    replicas_free(replicas);
    (void)mine;
}

static void take__all_full__is_busy(void **state)
{
    (void)state;
    struct replicas *replicas = make("rr", 2, 2);
    struct replica *taken = NULL, *last = NULL;
    for (size_t i = 0; i < 4; i++)
        last = take(replicas);
    assert_false(replicas_have_room(replicas));
    assert_int_equal(replicas_take(replicas, &anybody, NULL, &taken), EBUSY);
    replicas_give(replicas, last);
    assert_true(replicas_have_room(replicas));
    assert_ptr_equal(take(replicas), last);
    replicas_free(replicas);
}

static void failed__often_enough__is_down_until_reached(void **state)
{
    (void)state;
    struct replicas *replicas = make("rr", 0, 2);
    struct replica *bad = replicas_at(replicas, 0), *good = replicas_at(replicas, 1);
    assert_false(replicas_failed(replicas, bad));
    replicas_reached(replicas, bad); /* not in a row */
    assert_false(replicas_failed(replicas, bad));
    assert_true(replicas_failed(replicas, bad));
    assert_false(replicas_failed(replicas, bad)); /* it was down already */
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(take(replicas), good);
    assert_true(replicas_reached(replicas, bad));
    assert_ptr_not_equal(take(replicas), take(replicas));
    /* Where all are down, all are tried; and the one that has just failed last. */
    for (size_t i = 0; i < 2; i++) {
        replicas_failed(replicas, bad);
        replicas_failed(replicas, good);
    }
    struct replica *taken = NULL;
    assert_int_equal(replicas_take(replicas, &anybody, bad, &taken), 0);
    assert_ptr_equal(taken, good);
    replicas_free(replicas);
}

static void reset__often_enough__is_down_although_it_can_be_reached(void **state)
{
    (void)state;
    struct replicas *replicas = make("rr", 0, 2);
    struct replica *bad = replicas_at(replicas, 0);
    assert_false(replicas_reset(replicas, bad));
    replicas_reached(replicas, bad);
    assert_true(replicas_reset(replicas, bad));
    replica_asked(bad);
    replica_answered(bad, 1);
    replicas_reached(replicas, bad);
    assert_false(replicas_reset(replicas, bad)); /* it has answered in between */
    replicas_free(replicas);
}

static void remove__with_connections__is_gone_with_the_last(void **state)
{
    (void)state;
    struct replicas *replicas = make("rr", 0, 1);
    struct replica *only = take(replicas), *taken = NULL, *due = replicas_due(replicas, 1);
    assert_ptr_equal(due, only);
    assert_int_equal(replicas_remove(replicas, "10.1.0.9:80"), ENOENT);
    assert_int_equal(replicas_remove(replicas, only->name), 0);
    assert_int_equal(replicas_take(replicas, &anybody, NULL, &taken), EHOSTUNREACH);
    replicas_give(replicas, only);
    assert_int_equal(replicas_count(replicas), 1); /* a probe is under way */
    replicas_probed(replicas, due);
    assert_int_equal(replicas_count(replicas), 0);
    assert_int_equal(replicas_add(replicas, "10.1.0.1:80", true), 0);
    assert_int_equal(replicas_at(replicas, 0)->number, 2);
    assert_int_equal(replicas_add(replicas, "10.1.0.1:80", true), EEXIST);
    replicas_free(replicas);
}

static void add__what_is_no_address__is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",           ":80",    "10.0.0.1",       "10.0.0.1:",
        "10.0.0.1:x", "::1:80", "example.org:80", "10.0.0.1:99999999"};
    struct replicas *replicas = make("rr", 0, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(replicas_add(replicas, names[i], true), EINVAL);
    assert_int_equal(replicas_add(replicas, "[::1]:80", true), 0);
    replicas_free(replicas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__each_strategy__has_a_row),
        cmocka_unit_test(take__least__goes_by_unfinished_requests_first),
        cmocka_unit_test(take__ewma__asks_who_is_slow_less),
        cmocka_unit_test(take__hash__stays_while_others_come_and_go),
        cmocka_unit_test(take__all_full__is_busy),
        cmocka_unit_test(failed__often_enough__is_down_until_reached),
        cmocka_unit_test(reset__often_enough__is_down_although_it_can_be_reached),
        cmocka_unit_test(remove__with_connections__is_gone_with_the_last),
        cmocka_unit_test(add__what_is_no_address__is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

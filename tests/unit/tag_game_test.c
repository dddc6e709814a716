/* A whole game of Tag in one process, without sockets: seats, the rules of the board, and what
 * clients know of it, compared with what is. */
#include "tag_client.h"
#include "tag_game.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

struct world {
    struct tag_rules rules;
    struct tag_game *game;
    uint64_t now;
    unsigned count;
    struct tag_client *clients;
    uint32_t luck;
};

static struct endpoint endpoint_of(uint32_t number)
{
    struct endpoint endpoint = {0};
    endpoint.peer.in.sin_family = AF_INET;
    endpoint.peer.in.sin_addr.s_addr = htonl(0x0a000000 + number);
    endpoint.peer.in.sin_port = htons(4000);
    return endpoint;
}

static uint32_t draw(struct world *world, uint32_t limit)
{
    world->luck = world->luck * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)world->luck * limit >> 32);
}

static struct world *world_new(unsigned count, struct tag_rules rules)
{
    struct world *world = calloc(1, sizeof *world);
    world->rules = rules;
    world->rules.rate = 10;
    world->rules.seed = 1;
    world->rules.silence = 10 * SECOND;
    world->game = tag_game_new(&world->rules);
    world->clients = calloc(count, sizeof *world->clients);
    world->count = count;
    world->now = 100 * SECOND;
    assert_non_null(world->game);
    return world;
}

static void world_free(struct world *world)
{
    for (unsigned i = 0; i < world->count; i++)
        tag_client_clear(&world->clients[i]);
    free(world->clients);
    tag_game_free(world->game);
    free(world);
}

/* A JOIN whose cookie was right. Returns what tag_game_join does. */
static int world_join(struct world *world, unsigned number, uint64_t nonce, const char *name)
{
    struct tag_client *client = &world->clients[number];
    struct tag_request request = {.kind = TAG_JOIN, .nonce = nonce};
    struct tag_welcome welcome;
    const struct endpoint from = endpoint_of(number);
    uint8_t data[TAG_DATAGRAM_MOST];
    strcpy(request.name, name);
    int error = tag_game_join(world->game, &request, &from, nonce * 7 + 1, world->now, &welcome);
    if (error != 0)
        return error;
    tag_client_clear(client);
    tag_client_start(client, name, nonce, world->now);
    client->phase = TAG_JOINING;
    tag_client_receive(client, data, tag_write_welcome(data, &welcome), world->now);
    assert_int_equal(client->phase, TAG_PLAYING);
    return 0;
}

/* What the client has to say reaches the server. Returns what tag_game_input does. */
static int world_hear(struct world *world, unsigned number)
{
    uint8_t data[TAG_REQUEST_MOST];
    struct tag_request request;
    const struct endpoint from = endpoint_of(number);
    size_t size = tag_client_send(&world->clients[number], world->now, data);
    if (size == 0)
        return 0;
    assert_int_equal(tag_read_request(&request, data, size), TAG_INPUT);
    return tag_game_input(world->game, &request, &from, world->now);
}

/* The STATE of this turn reaches the client. */
static size_t world_tell(struct world *world, unsigned number)
{
    uint8_t data[TAG_DATAGRAM_MOST + 1];
    struct endpoint to, expected = endpoint_of(number);
    struct tag_client *client = &world->clients[number];
    data[TAG_DATAGRAM_MOST] = 0xa5;
    size_t size = tag_game_state(world->game, client->welcome.player, world->now, data, &to);
    assert_true(size <= TAG_DATAGRAM_MOST);
    assert_int_equal(data[TAG_DATAGRAM_MOST], 0xa5);
    if (size > 0) {
        assert_true(endpoint_is(&to, &expected));
        assert_true(tag_client_receive(client, data, size, world->now));
        assert_int_equal(client->rejected, 0);
    }
    return size;
}

static void world_turn(struct world *world)
{
    world->now += SECOND / world->rules.rate;
    tag_game_turn(world->game);
}

static const struct tag_sight *self_of(const struct tag_client *client)
{
    const struct tag_scene *scene = tag_scenes_latest(&client->scenes);
    return scene != NULL ? tag_scene_find(scene, client->welcome.player) : NULL;
}

/* What all clients of this turn know agrees: whoever is seen by two is seen alike, and whoever is
 * nearer than one's reach is seen by it. Of a crowd some are asked. */
static void check_scenes(const struct world *world, uint32_t turn)
{
    for (unsigned i = world->count > 200 ? turn % 13 : 0;
         i<world->count; i += world->count> 200 ? 13 : 1) {
        const struct tag_client *client = &world->clients[i];
        const struct tag_sight *self = self_of(client);
        if (client->phase != TAG_PLAYING || client->head.turn != turn)
            continue;
        assert_non_null(self);
        const struct tag_scene *scene = tag_scenes_latest(&client->scenes);
        if (client->head.reach == TAG_EVERYBODY)
            assert_int_equal(scene->count, client->head.players);
        for (unsigned j = 0; j < world->count; j++) {
            const struct tag_client *other = &world->clients[j];
            const struct tag_sight *there = self_of(other);
            if (other->phase != TAG_PLAYING || other->head.turn != turn)
                continue;
            const struct tag_sight *seen = tag_scene_find(scene, other->welcome.player);
            const int across = abs(self->column - there->column);
            const int down = abs(self->row - there->row);
            if ((across > down ? across : down) < client->head.reach)
                assert_non_null(seen);
            if (seen == NULL)
                continue;
            assert_int_equal(seen->column, there->column);
            assert_int_equal(seen->row, there->row);
            assert_int_equal(seen->role, there->role);
            assert_int_equal(seen->since, there->since);
            assert_string_equal(seen->name, other->name);
        }
    }
}

/* Players who come, go, turn, and lose datagrams of both ways. */
static void run_crowd(unsigned count, struct tag_rules rules, unsigned turns, unsigned loss)
{
    struct world *world = world_new(count, rules);
    unsigned states = 0, partial = 0;
    for (unsigned i = 0; i < count; i++) {
        char name[TAG_NAME_MOST + 1] = "sixteen letters!";
        name[1 + draw(world, 16)] = '\0';
        if (name[strlen(name) - 1] == ' ')
            name[strlen(name) - 1] = '_';
        assert_int_equal(world_join(world, i, i + 1, name), 0);
    }
    for (unsigned turn = 0; turn < turns; turn++) {
        for (unsigned i = 0; i < count; i++) {
            struct tag_client *client = &world->clients[i];
            if (draw(world, 10) == 0)
                tag_client_steer(client, (uint8_t)draw(world, 9), world->now);
            if (draw(world, 100) >= loss)
                world_hear(world, i);
        }
        if (draw(world, 2) == 0) { /* somebody starts anew, at another place */
            const unsigned i = draw(world, count);
            assert_int_equal(world_join(world, i, 1000000 + turn, "again"), 0);
            world_hear(world, i);
        }
        world_turn(world);
        for (unsigned i = 0; i < count; i++) {
            if (draw(world, 100) < loss)
                continue;
            states += world_tell(world, i) > 0;
            partial += world->clients[i].head.reach != TAG_EVERYBODY;
        }
        if (turn % 4 == 3 || count < 100)
            check_scenes(world, tag_game_turns(world->game));
    }
    assert_true(states > count);
    if (count > TAG_KNOWN_MOST)
        assert_true(partial > 0);
    world_free(world);
}

static void tag_game_state__few_players__everybody_is_known(void **state)
{
    (void)state;
    run_crowd(40, (struct tag_rules){.seats = 41, .width = 30, .height = 20}, 300, 0);
}

static void tag_game_state__datagrams_are_lost__nobody_is_misled(void **state)
{
    (void)state;
    run_crowd(60, (struct tag_rules){.seats = 60 + 2, .width = 200, .height = 100}, 400, 40);
}

static void tag_game_state__crowd__nearest_are_known(void **state)
{
    (void)state;
    run_crowd(1500, (struct tag_rules){.seats = 1600, .width = 300, .height = 200}, 30, 5);
}

static void tag_game_state__all_on_a_few_cells__datagrams_fit(void **state)
{
    (void)state;
    run_crowd(1300, (struct tag_rules){.seats = 1400, .width = 2, .height = 2}, 30, 10);
}

static void tag_game_state__nearly_all_datagrams_are_lost__those_that_come_are_right(void **state)
{
    (void)state;
    run_crowd(300, (struct tag_rules){.seats = 310, .width = 2000, .height = 2000}, 200, 85);
}

static void tag_game_state__thousand_know_each_other__it_all_fits(void **state)
{
    (void)state;
    struct world *world =
        world_new(1000, (struct tag_rules){.seats = 1000, .width = 200, .height = 200});
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(world_join(world, i, i + 1, "somebody"), 0);
    for (unsigned turn = 0; turn < 40; turn++) {
        for (unsigned i = 0; i < 1000; i++)
            world_hear(world, i);
        world_turn(world);
        for (unsigned i = 0; i < 1000; i++)
            world_tell(world, i);
    }
    check_scenes(world, tag_game_turns(world->game));
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(world->clients[i].head.reach, TAG_EVERYBODY);
    world_free(world);
}

/* ---- seats ----------------------------------------------------------------------------------- */

static void tag_game_join__seats_and_addresses__bounded(void **state)
{
    (void)state;
    struct world *world = world_new(5, (struct tag_rules){.seats = 3, .width = 9, .height = 9});
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(world_join(world, i, i + 1, "x"), 0);
    assert_int_equal(world_join(world, 3, 9, "x"), ENOSPC);
    assert_int_equal(world_join(world, 2, 3, "x"), 0); /* again */
    assert_int_equal(world_join(world, 2, 4, "x"), 0); /* anew */
    assert_int_equal(tag_game_seated(world->game), 3);
    world->now += 4 * SECOND;
    assert_int_equal(tag_game_expire(world->game, world->now), 3); /* nobody has come */
    assert_int_equal(world_join(world, 3, 9, "x"), 0);
    world_free(world);

    world = world_new(1, (struct tag_rules){.seats = 3, .per_client = 1, .width = 9, .height = 9});
    assert_int_equal(world_join(world, 0, 1, "x"), 0);
    struct tag_request request = {.kind = TAG_JOIN, .nonce = 2, .name = "x"};
    struct tag_welcome welcome;
    struct endpoint other_port = endpoint_of(0);
    other_port.peer.in.sin_port = htons(4001);
    assert_int_equal(tag_game_join(world->game, &request, &other_port, 5, 1, &welcome), EUSERS);
    request.name[0] = '\0';
    assert_int_equal(tag_game_join(world->game, &request, &other_port, 5, 1, &welcome), EINVAL);
    world_free(world);
}

static void tag_game_input__forged_late_or_too_many__no_effect(void **state)
{
    (void)state;
    struct world *world = world_new(1, (struct tag_rules){.seats = 3, .width = 99, .height = 99});
    assert_int_equal(world_join(world, 0, 1, "x"), 0);
    struct endpoint from = endpoint_of(0), other = endpoint_of(1);
    struct tag_request request = {.kind = TAG_INPUT, .token = 8, .sequence = 1};
    assert_int_equal(tag_game_input(world->game, &request, &other, world->now), ESRCH);
    request.token ^= 1;
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), ESRCH);
    request.token ^= 1;
    request.player = 2;
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), ESRCH);
    request.player = UINT16_MAX;
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), ESRCH);
    request.player = 0;
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), 0);
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), EALREADY);
    unsigned taken = 0;
    for (unsigned i = 0; i < 1000; i++) {
        request.sequence++;
        taken += tag_game_input(world->game, &request, &from, world->now) == 0;
    }
    assert_in_range(taken, 30, 100);
    world->now += SECOND;
    request.sequence = (uint16_t)(taken + 2);
    assert_int_equal(tag_game_input(world->game, &request, &from, world->now), 0);
    world_free(world);
}

static void tag_game_state__silent_player__is_sent_nothing_after_two_seconds(void **state)
{
    (void)state;
    struct world *world = world_new(1, (struct tag_rules){.seats = 1, .width = 9, .height = 9});
    assert_int_equal(world_join(world, 0, 1, "x"), 0);
    world_turn(world);
    assert_int_equal(world_tell(world, 0), 0); /* has not come yet */
    world_hear(world, 0);
    unsigned told = 0;
    for (unsigned i = 0; i < 50; i++) {
        world_turn(world);
        told += world_tell(world, 0) > 0;
    }
    assert_int_equal(told, 20);
    assert_int_equal(tag_game_players(world->game), 1);
    world->now += 10 * SECOND;
    assert_int_equal(tag_game_expire(world->game, world->now), 1);
    assert_int_equal(tag_game_players(world->game), 0);
    world_free(world);
}

/* ---- the rules ------------------------------------------------------------------------------- */

static const struct tag_moment *last(const struct tag_board *board)
{
    return tag_board_moment(board, tag_board_turns(board));
}

static void tag_board_turn__headings__a_cell_each_and_along_the_wall(void **state)
{
    (void)state;
    struct tag_board *board = tag_board_new(1, 50, 50, 10, 3);
    tag_board_enter(board, 0, "x");
    const int8_t right[9] = {0, 0, 1, 1, 1, 0, -1, -1, -1},
                 down[9] = {0, -1, -1, 0, 1, 1, 1, 0, -1};
    for (uint8_t heading = 0; heading < 9; heading++) {
        tag_board_steer(board, 0, heading);
        for (unsigned i = 0; i < 200; i++) {
            const struct tag_moment *before = last(board);
            if (before == NULL) {
                tag_board_turn(board);
                continue;
            }
            int column = before->column[0], row = before->row[0];
            tag_board_turn(board);
            if (tag_board_turns(board) % 5 != 0) { /* those who are free rest then */
                column = column + right[heading] < 0 ? 0 : column + right[heading];
                row = row + down[heading] < 0 ? 0 : row + down[heading];
            }
            assert_int_equal(last(board)->column[0], column > 49 ? 49 : column);
            assert_int_equal(last(board)->row[0], row > 49 ? 49 : row);
        }
    }
    tag_board_free(board);
}

static unsigned count_it(const struct tag_moment *moment)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < moment->places; i++)
        count += moment->column[i] != TAG_ABSENT && moment->role[i] == TAG_IT;
    return count;
}

static void tag_board_turn__players_come_and_go__one_in_twenty_is_it(void **state)
{
    (void)state;
    struct tag_board *board = tag_board_new(200, 500, 500, 10, 3);
    for (uint16_t i = 0; i < 200; i++) {
        tag_board_enter(board, i, "x");
        tag_board_turn(board);
        const unsigned players = i + 1u;
        assert_int_equal(count_it(last(board)), players < 2 ? 0 : players < 40 ? 1 : players / 20);
    }
    for (uint16_t i = 0; i < 199; i++) {
        tag_board_leave(board, (uint16_t)(i * 77 % 200)); /* 77 has no factor of 200 */
        tag_board_turn(board);
        const unsigned players = 199u - i;
        assert_int_equal(tag_board_players(board), players);
        assert_int_equal(count_it(last(board)), players < 2 ? 0 : players < 40 ? 1 : players / 20);
    }
    tag_board_free(board);
}

/* On two by two cells everybody is next to everybody: each tag comes as soon as the rules allow. */
static void tag_board_turn__all_are_close__frozen_a_second_safe_for_two(void **state)
{
    (void)state;
    struct tag_board *board = tag_board_new(3, 2, 2, 10, 3);
    for (uint16_t i = 0; i < 3; i++)
        tag_board_enter(board, i, "x");
    unsigned tags = 0;
    uint32_t since[3] = {0};
    uint8_t role[3] = {0};
    for (unsigned turn = 1; turn <= 1000; turn++) {
        tag_board_turn(board);
        const struct tag_moment *now = last(board);
        for (unsigned i = 0; i < 3; i++) {
            if (turn > 1 && now->role[i] != role[i]) {
                assert_int_equal(now->since[i], turn);
                /* It tags after a second; whoever is tagged has been free for two. */
                assert_true(turn - since[i] >= (role[i] == TAG_IT ? 10u : 20u));
                tags += role[i] == TAG_IT;
            }
            role[i] = now->role[i];
            since[i] = now->since[i];
        }
        assert_int_equal(count_it(now), 1);
    }
    unsigned told = 0;
    for (uint16_t i = 0; i < 3; i++)
        told += tag_board_player(board, i)->tags;
    assert_int_equal(told, tags);
    assert_true(tags >= 50);
    tag_board_free(board);
}

static void tag_board_moment__old_turns__forgotten(void **state)
{
    (void)state;
    struct tag_board *board = tag_board_new(1, 5, 5, 10, 3);
    assert_null(tag_board_moment(board, 0));
    assert_null(tag_board_moment(board, 1));
    for (unsigned i = 0; i < 100; i++)
        tag_board_turn(board);
    assert_null(tag_board_moment(board, 100 - TAG_MOMENTS));
    assert_non_null(tag_board_moment(board, 101 - TAG_MOMENTS));
    assert_non_null(tag_board_moment(board, 100));
    assert_null(tag_board_moment(board, 101));
    tag_board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tag_game_state__few_players__everybody_is_known),
        cmocka_unit_test(tag_game_state__datagrams_are_lost__nobody_is_misled),
        cmocka_unit_test(tag_game_state__crowd__nearest_are_known),
        cmocka_unit_test(tag_game_state__all_on_a_few_cells__datagrams_fit),
        cmocka_unit_test(tag_game_state__nearly_all_datagrams_are_lost__those_that_come_are_right),
        cmocka_unit_test(tag_game_state__thousand_know_each_other__it_all_fits),
        cmocka_unit_test(tag_game_join__seats_and_addresses__bounded),
        cmocka_unit_test(tag_game_input__forged_late_or_too_many__no_effect),
        cmocka_unit_test(tag_game_state__silent_player__is_sent_nothing_after_two_seconds),
        cmocka_unit_test(tag_board_turn__headings__a_cell_each_and_along_the_wall),
        cmocka_unit_test(tag_board_turn__players_come_and_go__one_in_twenty_is_it),
        cmocka_unit_test(tag_board_turn__all_are_close__frozen_a_second_safe_for_two),
        cmocka_unit_test(tag_board_moment__old_turns__forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

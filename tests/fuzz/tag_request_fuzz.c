/* tag_request_fuzz.c - what strangers send to a game of Tag: datagrams, each a length and so many
 * bytes, are read and obeyed as the server does. Those that are understood are written as they were
 * read. Some players sit, whose tokens are easy to guess. Turns go by. */
#include "tag_game.h"

#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define SEATS  5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct endpoint endpoint_of(uint8_t number)
{
    struct endpoint endpoint = {0};
    endpoint.peer.in.sin_family = AF_INET;
    endpoint.peer.in.sin_port = number;
    return endpoint;
}

static void check_writing(const struct tag_request *request, const uint8_t *data, size_t size)
{
    uint8_t again[TAG_DATAGRAM_MOST];
    if (request->kind == TAG_FOREIGN || (request->kind == TAG_JOIN && request->name[0] == '\0'))
        return;
    if (tag_write_request(again, request) != size || memcmp(again, data, size) != 0)
        abort();
}

static void obey(struct tag_game *game, const struct tag_request *request,
                 const struct endpoint *from, uint64_t now)
{
    struct tag_welcome welcome;
    switch (request->kind) {
    case TAG_JOIN:
        tag_game_join(game, request, from, request->nonce & 3, now, &welcome);
        break;
    case TAG_INPUT:
        tag_game_input(game, request, from, now);
        break;
    case TAG_LEAVE:
        tag_game_leave(game, request, from);
        break;
    default:
        break;
    }
}

static void take_turn(struct tag_game *game, uint64_t now)
{
    uint8_t bytes[TAG_DATAGRAM_MOST];
    struct endpoint to;
    tag_game_turn(game);
    for (uint32_t seat = 0; seat < tag_game_seats(game); seat++)
        if (tag_game_state(game, seat, now, bytes, &to) > TAG_DATAGRAM_MOST)
            abort();
    tag_game_expire(game, now);
    if (tag_game_players(game) > tag_game_seated(game) || tag_game_seated(game) > SEATS)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tag_rules rules = {.seats = SEATS,
                                    .per_client = 0,
                                    .width = 7,
                                    .height = 5,
                                    .rate = 10,
                                    .silence = SECOND,
                                    .seed = 1};
    struct tag_game *game = tag_game_new(&rules);
    uint64_t now = SECOND;
    if (game == NULL)
        return 0;
    while (size >= 2) {
        const size_t length = data[0] < size - 1 ? data[0] : size - 1;
        uint8_t *copy = malloc(length); /* so that reading beyond it is seen */
        struct tag_request request;
        const struct endpoint from = endpoint_of(data[1] & 7);
        memcpy(copy, data + 1, length);
        if (tag_read_request(&request, copy, length) == TAG_INVALID)
            take_turn(game, now += SECOND / 10);
        else
            check_writing(&request, copy, length);
        obey(game, &request, &from, now);
        free(copy);
        data += 1 + length;
        size -= 1 + length;
    }
    take_turn(game, now);
    tag_game_free(game);
    return 0;
}

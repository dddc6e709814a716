/* tag_client_fuzz.c - what a malicious server sends to a client of Tag: datagrams, each two bytes
 * of length and so many bytes. Tokens and nonces are put right, so that what is behind them is
 * reached. Whatever comes, the client knows players on the board, each once, and sends what a
 * server reads. */
#include "tag_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put64(uint8_t *at, uint64_t value)
{
    tag_put32(tag_put32(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static void put_right(const struct tag_client *client, uint8_t *data, size_t size)
{
    if (size < 16)
        return;
    memcpy(data, "TG\1", 3);
    if (data[3] == TAG_STATE || data[3] == TAG_GONE) {
        tag_put16(data + 4, client->welcome.player);
        put64(data + 6, client->welcome.token);
    } else {
        put64(data + 4, client->challenge.nonce);
    }
}

static void check_scene(const struct tag_client *client)
{
    const struct tag_scene *scene = tag_scenes_latest(&client->scenes);
    if (scene == NULL)
        return;
    if (scene->count > TAG_KNOWN_MOST || scene->turn != client->head.turn)
        abort();
    for (uint32_t i = 0; i < scene->count; i++) {
        const struct tag_sight *sight = &scene->sights[i];
        if (sight->column >= client->welcome.width || sight->row >= client->welcome.height ||
            sight->role > TAG_IT || sight->since > scene->turn ||
            !tag_name_is_valid(sight->name, strlen(sight->name)) ||
            tag_scene_find(scene, sight->place) != sight)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tag_client client;
    uint64_t now = 1;
    tag_client_start(&client, "fuzz", 5, now);
    while (size >= 2) {
        const size_t said = (size_t)(data[0] << 8 | data[1]);
        const size_t length = said < size - 2 ? said : size - 2;
        uint8_t *copy = malloc(length + 1), out[TAG_REQUEST_MOST];
        struct tag_request request;
        memcpy(copy, data + 2, length);
        put_right(&client, copy, length);
        if (tag_client_receive(&client, copy, length, now))
            check_scene(&client);
        const size_t sent = tag_client_send(&client, now, out);
        if (sent > 0 && tag_read_request(&request, out, sent) == TAG_INVALID)
            abort();
        free(copy);
        data += 2 + length;
        size -= 2 + length;
        now += 100000000;
    }
    tag_client_clear(&client);
    return 0;
}

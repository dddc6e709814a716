#include "tag_scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is left of a datagram. */
struct rest {
    const uint8_t *at, *end;
};

void tag_scenes_start(struct tag_scenes *scenes, uint16_t width, uint16_t height)
{
    memset(scenes, 0, sizeof *scenes);
    scenes->width = width;
    scenes->height = height;
}

void tag_scenes_clear(struct tag_scenes *scenes)
{
    for (uint32_t i = 0; i < scenes->count; i++)
        free(scenes->scenes[i].sights);
    free(scenes->spare[0].sights);
    free(scenes->spare[1].sights);
    memset(scenes, 0, sizeof *scenes);
}

const struct tag_scene *tag_scenes_latest(const struct tag_scenes *scenes)
{
    return scenes->count > 0 ? &scenes->scenes[scenes->count - 1] : NULL;
}

const struct tag_sight *tag_scene_find(const struct tag_scene *scene, uint16_t place)
{
    uint32_t low = 0, high = scene->count;
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (scene->sights[middle].place < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low < scene->count && scene->sights[low].place == place ? &scene->sights[low] : NULL;
}

/* ---- changes --------------------------------------------------------------------------------- */

static bool has(const struct rest *rest, size_t size)
{
    return (size_t)(rest->end - rest->at) >= size;
}

static bool take_cell(const struct tag_scenes *scenes, struct rest *rest, struct tag_sight *sight)
{
    if (!has(rest, 4))
        return false;
    sight->column = tag_get16(rest->at);
    sight->row = tag_get16(rest->at + 2);
    rest->at += 4;
    return sight->column < scenes->width && sight->row < scenes->height;
}

static bool take_role(struct rest *rest, struct tag_sight *sight, uint32_t turn)
{
    if (!has(rest, 5))
        return false;
    sight->role = rest->at[0];
    sight->since = tag_get32(rest->at + 1);
    rest->at += 5;
    return sight->role <= TAG_IT && sight->since <= turn;
}

static bool take_step(const struct tag_scenes *scenes, struct tag_sight *sight, uint8_t code)
{
    const int side = 2 * TAG_STEP_MOST + 1;
    const int column = sight->column + code / side - TAG_STEP_MOST;
    const int row = sight->row + code % side - TAG_STEP_MOST;
    if (column < 0 || column >= scenes->width || row < 0 || row >= scenes->height)
        return false;
    sight->column = (uint16_t)column;
    sight->row = (uint16_t)row;
    return true;
}

/* A code that is not of a run, and not GONE. */
static bool take_change(const struct tag_scenes *scenes, struct rest *rest, uint32_t turn,
                        uint8_t code, struct tag_sight *sight)
{
    if (code == TAG_CODE_ROLE) {
        if (!has(rest, 2) || rest->at[0] % TAG_ROLE_IT > turn)
            return false;
        sight->role = rest->at[0] / TAG_ROLE_IT;
        sight->since = turn - rest->at[0] % TAG_ROLE_IT;
        code = rest->at[1];
        rest->at += 2;
    }
    if (code <= TAG_CODE_STEP_MOST)
        return take_step(scenes, sight, code);
    return code == TAG_CODE_ELSEWHERE && take_cell(scenes, rest, sight);
}

/* Copies from `base` those who are still there. */
static bool take_changes(const struct tag_scenes *scenes, struct rest *rest,
                         const struct tag_scene *base, struct tag_scene *scene)
{
    uint32_t run = 0;
    for (uint32_t i = 0; i < base->count; i++) {
        struct tag_sight *sight = &scene->sights[scene->count];
        if (run > 0) {
            run--;
            *sight = base->sights[i];
            scene->count++;
            continue;
        }
        if (!has(rest, 1))
            return false;
        const uint8_t code = *rest->at++;
        if (code == TAG_CODE_GONE)
            continue;
        *sight = base->sights[i];
        if (code >= TAG_CODE_RUN)
            run = code - TAG_CODE_RUN;
        else if (!take_change(scenes, rest, scene->turn, code, sight))
            return false;
        scene->count++;
    }
    return run == 0;
}

/* ---- newcomers ------------------------------------------------------------------------------- */

static bool take_newcomer(const struct tag_scenes *scenes, struct rest *rest, uint32_t turn,
                          struct tag_sight *sight)
{
    if (!has(rest, 2))
        return false;
    sight->place = tag_get16(rest->at);
    rest->at += 2;
    if (!take_cell(scenes, rest, sight) || !take_role(rest, sight, turn) || !has(rest, 1))
        return false;
    const size_t length = *rest->at++;
    if (!has(rest, length) || !tag_name_is_valid((const char *)rest->at, length))
        return false;
    memcpy(sight->name, rest->at, length);
    sight->name[length] = '\0';
    rest->at += length;
    return true;
}

/* Merges them into those who are there already, from the end on. */
static bool merge(struct tag_scene *scene, const struct tag_sight *newcomers, uint32_t count)
{
    uint32_t old = scene->count, to = scene->count + count;
    while (count > 0) {
        if (old > 0 && scene->sights[old - 1].place == newcomers[count - 1].place)
            return false;
        if (old > 0 && scene->sights[old - 1].place > newcomers[count - 1].place)
            scene->sights[--to] = scene->sights[--old];
        else
            scene->sights[--to] = newcomers[--count];
    }
    return true;
}

static bool take_newcomers(const struct tag_scenes *scenes, struct rest *rest,
                           struct tag_scene *scene)
{
    struct tag_sight newcomers[TAG_ROOM / 13 + 1]; /* the shortest name has one character */
    uint32_t count = 0;
    for (; rest->at < rest->end; count++) {
        if (!take_newcomer(scenes, rest, scene->turn, &newcomers[count]))
            return false;
        if (count > 0 && newcomers[count].place <= newcomers[count - 1].place)
            return false;
    }
    if (scene->count + count > scene->room || !merge(scene, newcomers, count))
        return false;
    scene->count += count;
    return true;
}

/* ---- scenes ---------------------------------------------------------------------------------- */

static const struct tag_scene *find_scene(const struct tag_scenes *scenes, uint32_t turn)
{
    for (uint32_t i = 0; i < scenes->count; i++)
        if (scenes->scenes[i].turn == turn)
            return &scenes->scenes[i];
    return NULL;
}

static bool make_room(struct tag_scene *scene, uint32_t room)
{
    if (scene->room >= room)
        return true;
    struct tag_sight *sights = realloc(scene->sights, room * sizeof *sights);
    if (sights == NULL)
        return false;
    scene->sights = sights;
    scene->room = room;
    return true;
}

static void drop_first(struct tag_scenes *scenes)
{
    struct tag_scene *first = &scenes->scenes[0];
    struct tag_scene *slot =
        scenes->spare[0].room < scenes->spare[1].room ? &scenes->spare[0] : &scenes->spare[1];
    struct tag_scene dropped = *first;
    if (slot->room < first->room) {
        dropped = *slot;
        *slot = *first;
    }
    free(dropped.sights);
    scenes->count--;
    memmove(first, first + 1, scenes->count * sizeof *first);
}

/* The server has heard of the base: it builds on nothing that is older. */
static void add_scene(struct tag_scenes *scenes, const struct tag_scene *scene, uint32_t base)
{
    while (scenes->count > 0 && (scenes->scenes[0].turn < base || scenes->count == TAG_MOMENTS))
        drop_first(scenes);
    scenes->scenes[scenes->count++] = *scene;
}

int tag_scenes_read(struct tag_scenes *scenes, const struct tag_state_head *head,
                    const uint8_t *data, size_t size)
{
    static const struct tag_scene nobody = {0};
    const struct tag_scene *latest = tag_scenes_latest(scenes), *base = &nobody;
    const uint32_t base_turn = head->base > 0 ? head->turn - head->base : 0;
    struct rest rest = {data, data + size};
    if (size > TAG_ROOM)
        return EPROTO;
    if (latest != NULL && head->turn <= latest->turn)
        return EALREADY;
    if (head->base > 0 && (base = find_scene(scenes, base_turn)) == NULL)
        return ESTALE;

    struct tag_scene *spare = &scenes->spare[scenes->spare[1].room > scenes->spare[0].room];
    const uint32_t newcomers = TAG_ROOM / 13 + 1;
    uint32_t room = base->count + newcomers;
    if (room > TAG_KNOWN_MOST)
        room = TAG_KNOWN_MOST > base->count ? TAG_KNOWN_MOST : base->count;
    if (!make_room(spare, room))
        return ENOMEM;
    spare->turn = head->turn;
    spare->count = 0;
    if (!take_changes(scenes, &rest, base, spare) || !take_newcomers(scenes, &rest, spare))
        return EPROTO;
    struct tag_scene scene = *spare;
    *spare = (struct tag_scene){0};
    add_scene(scenes, &scene, base_turn);
    return 0;
}

/* tag_scene.h - what a client of Tag knows: the other side of tag_state.h.
 *
 * Nothing that a datagram says is believed before it has been checked, and what is kept is bounded:
 * TAG_KNOWN_MOST players of each turn that the server may still build on.
 */
#ifndef TAG_SCENE_H
#define TAG_SCENE_H

#include "tag_state.h"

struct tag_sight {
    uint16_t place; /* the player's number */
    uint16_t column, row;
    uint8_t role; /* enum tag_role */
    uint32_t since;
    char name[TAG_NAME_MOST + 1];
};

/* Those whom the client knows after a turn, by rising numbers. */
struct tag_scene {
    uint32_t turn;
    uint32_t count, room;
    struct tag_sight *sights;
};

struct tag_scenes {
    uint16_t width, height;
    uint32_t count;
    struct tag_scene scenes[TAG_MOMENTS]; /* by rising turns */
    struct tag_scene spare[2];            /* memory for the next ones */
};

void tag_scenes_start(struct tag_scenes *scenes, uint16_t width, uint16_t height);
void tag_scenes_clear(struct tag_scenes *scenes);

/* Reads what stands behind the head of a STATE. Returns 0; EALREADY: the turn is not newer than the
 * last one; ESTALE: the base is not known (any more); EPROTO: not as it should be; ENOMEM. After
 * anything but 0 nothing has changed. */
int tag_scenes_read(struct tag_scenes *scenes, const struct tag_state_head *head,
                    const uint8_t *data, size_t size);

/* The last one, until the next is read; NULL if there is none. */
const struct tag_scene *tag_scenes_latest(const struct tag_scenes *scenes);
/* NULL if the client does not know that player. */
const struct tag_sight *tag_scene_find(const struct tag_scene *scene, uint16_t place);

#endif

#include "tag_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND    UINT64_C(1000000000)
#define PANEL     26 /* columns, for those who have been free for longest */
#define LEADERS   15
#define NAME_ROOM 8

bool tag_picture_resize(struct tag_picture *picture, int width, int height)
{
    struct tag_cell *cells =
        realloc(picture->cells, (size_t)width * (size_t)height * sizeof *cells);
    if (cells == NULL)
        return false;
    *picture = (struct tag_picture){width, height, cells};
    return true;
}

static void put(const struct tag_picture *picture, int column, int row, char character,
                enum tag_style style)
{
    if (column >= 0 && column < picture->width && row >= 0 && row < picture->height)
        picture->cells[row * picture->width + column] =
            (struct tag_cell){character, (uint8_t)style};
}

static void put_text(const struct tag_picture *picture, int column, int row, const char *text,
                     int room, enum tag_style style)
{
    for (int i = 0; i < room && text[i] != '\0'; i++)
        put(picture, column + i, row, text[i], style);
}

/* Which cell of the board stands at the upper left; a margin of one is the wall. */
static int scrolled(int self, int side, int room)
{
    if (side + 2 <= room)
        return -1 - (room - side - 2) / 2;
    const int first = self - room / 2;
    return first < -1 ? -1 : first > side + 1 - room ? side + 1 - room : first;
}

static bool is_hidden(const struct tag_client *client, const struct tag_sight *self, int column,
                      int row)
{
    const int across = abs(self->column - column), down = abs(self->row - row);
    return (across > down ? across : down) >= client->head.reach;
}

static enum tag_style style_of(const struct tag_client *client, const struct tag_sight *sight)
{
    const bool safe = client->head.turn - sight->since < 2u * client->welcome.rate;
    if (sight->place == client->welcome.player)
        return sight->role == TAG_IT ? TAG_STYLE_SELF_CAUGHT : TAG_STYLE_SELF;
    return sight->role == TAG_IT ? TAG_STYLE_CAUGHT : safe ? TAG_STYLE_SAFE : TAG_STYLE_FREE;
}

static void paint_ground(const struct tag_picture *picture, const struct tag_client *client,
                         const struct tag_sight *self, int left, int top, int width, int height)
{
    const int columns = client->welcome.width, rows = client->welcome.height;
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const int column = left + x, row = top + y;
            if (column < -1 || column > columns || row < -1 || row > rows)
                continue;
            if (column < 0 || column == columns || row < 0 || row == rows)
                put(picture, x, y + 1, '#', TAG_STYLE_WALL);
            else
                put(picture, x, y + 1, is_hidden(client, self, column, row) ? ':' : ' ',
                    TAG_STYLE_FOG);
        }
    }
}

static bool is_blank(const struct tag_picture *picture, int column, int row, int length)
{
    for (int i = 0; i < length; i++)
        if (picture->cells[row * picture->width + column + i].character != ' ')
            return false;
    return true;
}

/* A name stands where there is room for it, to the right of its owner, or else to the left. */
static void paint_name(const struct tag_picture *picture, const struct tag_sight *sight, int x,
                       int y, int width)
{
    int length = (int)strlen(sight->name);
    if (length > NAME_ROOM)
        length = NAME_ROOM;
    if (x + 1 + length <= width && is_blank(picture, x + 1, y + 1, length))
        put_text(picture, x + 1, y + 1, sight->name, length, TAG_STYLE_NOTE);
    else if (x >= length && is_blank(picture, x - length, y + 1, length))
        put_text(picture, x - length, y + 1, sight->name, length, TAG_STYLE_NOTE);
}

/* Players first: nobody is hidden behind a name. */
static void paint_players(const struct tag_picture *picture, const struct tag_client *client,
                          const struct tag_scene *scene, int left, int top, int width, int height)
{
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < scene->count; i++) {
            const struct tag_sight *sight = &scene->sights[i];
            const int x = sight->column - left, y = sight->row - top;
            if (x < 0 || x >= width || y < 0 || y >= height)
                continue;
            if (pass == 0)
                put(picture, x, y + 1, sight->role == TAG_IT ? 'X' : 'o', style_of(client, sight));
            else
                paint_name(picture, sight, x, y, width);
        }
    }
    const struct tag_sight *self = tag_scene_find(scene, client->welcome.player);
    put(picture, self->column - left, self->row - top + 1, '@', style_of(client, self));
}

static int by_freedom(const void *a, const void *b)
{
    const struct tag_sight *one = *(const struct tag_sight *const *)a;
    const struct tag_sight *other = *(const struct tag_sight *const *)b;
    if (one->role != other->role)
        return one->role - other->role;
    return one->since != other->since ? (one->since > other->since) - (one->since < other->since)
                                      : one->place - other->place;
}

static void paint_leaders(const struct tag_picture *picture, const struct tag_client *client,
                          const struct tag_scene *scene, int column)
{
    static const struct tag_sight *sorted[TAG_KNOWN_MOST];
    char line[64];
    for (uint32_t i = 0; i < scene->count; i++)
        sorted[i] = &scene->sights[i];
    qsort(sorted, scene->count, sizeof sorted[0], by_freedom);
    put_text(picture, column, 1, "free for longest", PANEL, TAG_STYLE_NOTE);
    for (uint32_t i = 0; i < scene->count && i < LEADERS; i++) {
        if (sorted[i]->role == TAG_IT)
            break;
        snprintf(line, sizeof line, "%5u s  %s",
                 (client->head.turn - sorted[i]->since) / client->welcome.rate, sorted[i]->name);
        put_text(picture, column, 2 + (int)i, line, PANEL, style_of(client, sorted[i]));
    }
}

static void paint_status(const struct tag_picture *picture, const struct tag_client *client,
                         const struct tag_sight *self)
{
    char line[256];
    const unsigned seconds = (client->head.turn - self->since) / client->welcome.rate;
    const uint64_t all = client->states + client->lost;
    snprintf(line, sizeof line,
             "%s  %s for %u s  best %u s  tags %u  tagged %u  players %u  %.0f ms  %.1f %% lost",
             client->name, self->role == TAG_IT ? "IT" : "free", seconds, client->head.best,
             client->head.tags, client->head.tagged, client->head.players,
             (double)client->trip / 1e6, all > 0 ? 100 * (double)client->lost / (double)all : 0.0);
    put_text(picture, 0, 0, line, picture->width,
             self->role == TAG_IT ? TAG_STYLE_SELF_CAUGHT : TAG_STYLE_SELF);
}

/* What there is to say, below the board. */
static const char *message(const struct tag_client *client, const struct tag_sight *self,
                           uint64_t now)
{
    static char text[128];
    if (client->phase == TAG_ASKING || client->phase == TAG_JOINING || self == NULL)
        return "joining ...";
    if (now - client->heard > SECOND) {
        snprintf(text, sizeof text, "nothing from the server for %.0f s",
                 (double)(now - client->heard) / 1e9);
        return text;
    }
    const uint32_t turns = client->head.turn - self->since;
    if (self->role == TAG_IT)
        return turns < client->welcome.rate ? "You are it! You are frozen for a second."
                                            : "You are it! Catch an 'o'.";
    if (turns < 2u * client->welcome.rate)
        return "You are safe for two seconds: run.";
    return "arrows, hjkl yubn or digits: run   space: stand   q: leave";
}

void tag_picture_paint(struct tag_picture *picture, const struct tag_client *client, uint64_t now)
{
    const struct tag_scene *scene = tag_scenes_latest(&client->scenes);
    const struct tag_sight *self =
        scene != NULL ? tag_scene_find(scene, client->welcome.player) : NULL;
    for (int i = 0; i < picture->width * picture->height; i++)
        picture->cells[i] = (struct tag_cell){' ', TAG_STYLE_PLAIN};
    if (self != NULL) {
        const bool panel = picture->width >= 3 * PANEL;
        const int width = picture->width - (panel ? PANEL + 1 : 0), height = picture->height - 2;
        const int left = scrolled(self->column, client->welcome.width, width);
        const int top = scrolled(self->row, client->welcome.height, height);
        paint_ground(picture, client, self, left, top, width, height);
        paint_players(picture, client, scene, left, top, width, height);
        if (panel)
            paint_leaders(picture, client, scene, width + 1);
        paint_status(picture, client, self);
    }
    put_text(picture, 0, picture->height - 1, message(client, self, now), picture->width,
             TAG_STYLE_NOTE);
}

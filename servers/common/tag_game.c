#include "tag_game.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A table that cannot grow for want of memory says so, and goes on as it is. */
#define HASH_NONFATAL_OOM         1
#define uthash_nonfatal_oom(seat) ((seat)->taken = false)
#include <uthash.h>

#define SECOND    UINT64_C(1000000000)
#define COMING    (3 * SECOND) /* from JOIN to the first INPUT */
#define ATTENTION (2 * SECOND) /* who has been silent for longer is sent nothing */
#define WINDOW    1024         /* of sequence numbers */
#define INPUTS    60           /* in a second, beside one for each STATE */

struct seat {
    UT_hash_handle hh;
    uint8_t key[ENDPOINT_KEY_SIZE];
    bool taken, coming, playing; /* coming: onto the board with the next turn */
    uint8_t heading;
    struct endpoint client;
    uint64_t nonce, token;
    char name[TAG_NAME_MOST + 1];
    uint16_t sequence;
    uint32_t acknowledged; /* turn; 0: none */
    uint64_t heard;
    uint64_t due; /* by how far INPUTs are ahead of what is allowed: as in limiter.c */
    uint32_t next_free;
    struct tag_view views[TAG_MOMENTS]; /* that it was sent, by turn */
};

#define NO_SEAT UINT32_MAX

struct tag_game {
    struct tag_rules rules;
    struct tag_board *board;
    struct tag_coder *coder;
    struct clients *clients; /* seats by address */
    struct seat *seats;
    struct seat *by_client;         /* uthash */
    uint32_t used;                  /* seats below have been taken once */
    uint32_t first_free, last_free; /* of those below `used` */
    uint32_t seated;
};

struct tag_game *tag_game_new(const struct tag_rules *rules)
{
    struct tag_game *game = calloc(1, sizeof *game);
    if (game == NULL)
        return NULL;
    game->rules = *rules;
    game->first_free = game->last_free = NO_SEAT;
    game->board =
        tag_board_new(rules->seats, rules->width, rules->height, rules->rate, rules->seed);
    game->clients = clients_new(rules->per_client, 0);
    game->seats = calloc(rules->seats, sizeof *game->seats);
    if (game->board != NULL)
        game->coder = tag_coder_new(game->board, rules->seats);
    if (game->coder != NULL && game->clients != NULL && game->seats != NULL)
        return game;
    tag_game_free(game);
    return NULL;
}

void tag_game_free(struct tag_game *game)
{
    if (game == NULL)
        return;
    HASH_CLEAR(hh, game->by_client);
    tag_coder_free(game->coder);
    tag_board_free(game->board);
    clients_free(game->clients);
    free(game->seats);
    free(game);
}

/* ---- seats ----------------------------------------------------------------------------------- */

static uint16_t number_of(const struct tag_game *game, const struct seat *seat)
{
    return (uint16_t)(seat - game->seats);
}

static struct peer address_of(const struct endpoint *client)
{
    struct sockaddr_storage storage = {0};
    memcpy(&storage, &client->peer, sizeof client->peer);
    return peer_of(&storage);
}

static struct seat *take_free(struct tag_game *game)
{
    const uint32_t number = game->first_free;
    if (number == NO_SEAT)
        return game->used < game->rules.seats ? &game->seats[game->used++] : NULL;
    game->first_free = game->seats[number].next_free;
    if (game->first_free == NO_SEAT)
        game->last_free = NO_SEAT;
    return &game->seats[number];
}

/* The one that has been free for longest is the next to be taken. */
static void put_free(struct tag_game *game, struct seat *seat)
{
    const uint32_t number = number_of(game, seat);
    seat->next_free = NO_SEAT;
    if (game->last_free != NO_SEAT)
        game->seats[game->last_free].next_free = number;
    else
        game->first_free = number;
    game->last_free = number;
}

static void give_up(struct tag_game *game, struct seat *seat)
{
    const struct peer peer = address_of(&seat->client);
    if (seat->playing)
        tag_board_leave(game->board, number_of(game, seat));
    HASH_DELETE(hh, game->by_client, seat);
    clients_leave(game->clients, &peer);
    seat->taken = seat->coming = seat->playing = false;
    put_free(game, seat);
    game->seated--;
}

static struct seat *find_client(struct tag_game *game, const struct endpoint *from)
{
    uint8_t key[ENDPOINT_KEY_SIZE];
    struct seat *seat;
    endpoint_key(from, key);
    HASH_FIND(hh, game->by_client, key, ENDPOINT_KEY_SIZE, seat);
    return seat;
}

static int take_seat(struct tag_game *game, const struct endpoint *from, struct seat **taken)
{
    const struct peer peer = address_of(from);
    int error = clients_enter(game->clients, &peer);
    if (error != 0)
        return error;
    struct seat *seat = take_free(game);
    if (seat == NULL) {
        clients_leave(game->clients, &peer);
        return ENOSPC;
    }
    memset(seat, 0, sizeof *seat);
    seat->taken = true;
    seat->client = *from;
    endpoint_key(from, seat->key);
    HASH_ADD(hh, game->by_client, key, ENDPOINT_KEY_SIZE, seat);
    if (!seat->taken) {
        clients_leave(game->clients, &peer);
        put_free(game, seat);
        return ENOMEM;
    }
    game->seated++;
    *taken = seat;
    return 0;
}

int tag_game_join(struct tag_game *game, const struct tag_request *request,
                  const struct endpoint *from, uint64_t token, uint64_t now,
                  struct tag_welcome *welcome)
{
    if (request->name[0] == '\0')
        return EINVAL;
    struct seat *seat = find_client(game, from);
    if (seat != NULL && seat->nonce != request->nonce) {
        give_up(game, seat);
        seat = NULL;
    }
    if (seat == NULL) {
        int error = take_seat(game, from, &seat);
        if (error != 0)
            return error;
        seat->nonce = request->nonce;
        seat->token = token;
        seat->heard = now;
        memcpy(seat->name, request->name, sizeof seat->name);
    }
    *welcome = (struct tag_welcome){
        .nonce = seat->nonce,
        .player = number_of(game, seat),
        .token = seat->token,
        .rate = game->rules.rate,
        .width = game->rules.width,
        .height = game->rules.height,
        .turn = tag_board_turns(game->board),
        .patience = (uint16_t)(game->rules.silence / SECOND),
        .seats = (uint16_t)game->rules.seats,
    };
    return 0;
}

/* ---- players --------------------------------------------------------------------------------- */

static struct seat *find_player(struct tag_game *game, const struct tag_request *request,
                                const struct endpoint *from)
{
    if (request->player >= game->used)
        return NULL;
    struct seat *seat = &game->seats[request->player];
    return seat->taken && seat->token == request->token && endpoint_is(&seat->client, from) ? seat
                                                                                            : NULL;
}

/* A STATE that it was sent, and that is newer than what it has acknowledged before. */
static void acknowledge(struct seat *seat, uint32_t turn)
{
    if (turn > seat->acknowledged && seat->views[turn % TAG_MOMENTS].turn == turn)
        seat->acknowledged = turn;
}

int tag_game_input(struct tag_game *game, const struct tag_request *request,
                   const struct endpoint *from, uint64_t now)
{
    struct seat *seat = find_player(game, request, from);
    if (seat == NULL)
        return ESRCH;
    const uint64_t share = SECOND / (INPUTS + game->rules.rate);
    const uint64_t due = (seat->due > now ? seat->due : now) + share;
    if (due > now + SECOND)
        return EBUSY;
    seat->due = due;
    if (!tag_is_ahead(request->sequence, seat->sequence, WINDOW))
        return EALREADY;
    seat->sequence = request->sequence;
    seat->heard = now;
    seat->heading = request->heading;
    seat->coming = !seat->playing;
    acknowledge(seat, request->acknowledged);
    return 0;
}

int tag_game_leave(struct tag_game *game, const struct tag_request *request,
                   const struct endpoint *from)
{
    struct seat *seat = find_player(game, request, from);
    if (seat == NULL)
        return ESRCH;
    if (!tag_is_ahead(request->sequence, seat->sequence, WINDOW))
        return EALREADY;
    give_up(game, seat);
    return 0;
}

uint32_t tag_game_expire(struct tag_game *game, uint64_t now)
{
    uint32_t removed = 0;
    for (uint32_t i = 0; i < game->used; i++) {
        struct seat *seat = &game->seats[i];
        const uint64_t silence = now > seat->heard ? now - seat->heard : 0;
        if (seat->taken && silence > (seat->playing ? game->rules.silence : COMING)) {
            give_up(game, seat);
            removed++;
        }
    }
    return removed;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Players come and turn with the turn, not before: until then the board is what the last moment
 * tells of, and so are the names that go with its places. */
void tag_game_turn(struct tag_game *game)
{
    for (uint32_t i = 0; i < game->used; i++) {
        struct seat *seat = &game->seats[i];
        if (seat->coming) {
            tag_board_enter(game->board, (uint16_t)i, seat->name);
            seat->coming = false;
            seat->playing = true;
        }
        if (seat->playing)
            tag_board_steer(game->board, (uint16_t)i, seat->heading);
    }
    tag_board_turn(game->board);
}

size_t tag_game_state(struct tag_game *game, uint32_t number, uint64_t now, uint8_t *data,
                      struct endpoint *to)
{
    struct seat *seat = &game->seats[number];
    const uint32_t turn = tag_board_turns(game->board);
    if (!seat->playing || now > seat->heard + ATTENTION)
        return 0;

    const struct tag_view *base = NULL;
    if (seat->acknowledged > 0 && turn - seat->acknowledged < TAG_MOMENTS)
        base = &seat->views[seat->acknowledged % TAG_MOMENTS];
    struct tag_view view;
    const size_t size =
        tag_state_write(game->coder, (uint16_t)number, base, data + TAG_STATE_HEAD, &view);
    seat->views[turn % TAG_MOMENTS] = view;

    const struct tag_player *player = tag_board_player(game->board, (uint16_t)number);
    const struct tag_state_head head = {
        .player = (uint16_t)number,
        .token = seat->token,
        .turn = turn,
        .base = base != NULL ? (uint8_t)(turn - base->turn) : 0,
        .sequence = seat->sequence,
        .reach = tag_view_reach(&view),
        .players = (uint16_t)tag_board_players(game->board),
        .tags = player->tags,
        .tagged = player->tagged,
        .best = tag_board_best(game->board, (uint16_t)number),
    };
    *to = seat->client;
    return tag_write_state_head(data, &head) + size;
}

size_t tag_game_farewell(const struct tag_game *game, uint32_t number, uint8_t *data,
                         struct endpoint *to)
{
    const struct seat *seat = &game->seats[number];
    if (!seat->taken)
        return 0;
    *to = seat->client;
    const struct tag_farewell farewell = {(uint16_t)number, seat->token, TAG_STOPPED};
    return tag_write_farewell(data, &farewell);
}

uint32_t tag_game_seats(const struct tag_game *game)
{
    return game->used;
}

uint32_t tag_game_seated(const struct tag_game *game)
{
    return game->seated;
}

uint32_t tag_game_players(const struct tag_game *game)
{
    return tag_board_players(game->board);
}

uint32_t tag_game_turns(const struct tag_game *game)
{
    return tag_board_turns(game->board);
}

/* tagbots.c - players of Tag by the thousand, to play against and as a load (docs/game.md).
 *
 * Each has a socket of its own, as a real client has. What they measure is when states arrive, by
 * the clock of the kernel that received them, so it is not their own work that they measure.
 */
#include "address.h"
#include "histogram.h"
#include "tag_client.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// libs: -lm

#define SECOND UINT64_C(1000000000)
#define EVENTS 256
#define SIGHT  15 /* cells, from which on a bot sees what it flees from */

struct bot {
    struct tag_client client;
    int socket;
    uint64_t turns_at; /* a wanderer */
};

/* When the first and the last STATE of a turn arrived, ns of the real-time clock. */
struct arrival {
    uint32_t turn; /* 0: none */
    uint64_t first, last;
};

static struct {
    unsigned players;
    unsigned watching; /* so many read all of what they are sent, and play by it */
    uint64_t length;   /* ns; 0: until a signal */
    bool json;
    const char *name;
} options = {.players = 10, .watching = UINT32_MAX, .name = "bot"};

static struct bot *bots;
static struct arrival *arrivals; /* by turn since the first one */
static size_t arrivals_room;
static uint32_t first_turn;
static volatile sig_atomic_t interrupted;

/* ---- time and chance ------------------------------------------------------------------------- */

static uint64_t clock_now(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t monotonic(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

static uint32_t draw(uint32_t limit)
{
    return (uint32_t)(random() % limit);
}

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void fail(const char *what)
{
    fprintf(stderr, "tagbots: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- playing --------------------------------------------------------------------------------- */

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* As in INPUT. */
static uint8_t heading(int right, int down)
{
    static const uint8_t headings[3][3] = {{8, 1, 2}, {7, 0, 3}, {6, 5, 4}};
    return headings[sign(down) + 1][sign(right) + 1];
}

static int distance(const struct tag_sight *a, const struct tag_sight *b)
{
    const int across = abs(a->column - b->column), down = abs(a->row - b->row);
    return across > down ? across : down;
}

/* Of those with this role, other than itself. */
static const struct tag_sight *nearest(const struct tag_scene *scene, const struct tag_sight *self,
                                       enum tag_role role)
{
    const struct tag_sight *found = NULL;
    for (uint32_t i = 0; i < scene->count; i++) {
        const struct tag_sight *sight = &scene->sights[i];
        if (sight != self && sight->role == role &&
            (found == NULL || distance(sight, self) < distance(found, self)))
            found = sight;
    }
    return found;
}

/* Away from who is it; along the wall, where that leads into it. */
static uint8_t flee(const struct bot *bot, const struct tag_sight *self,
                    const struct tag_sight *hunter)
{
    int right = sign(self->column - hunter->column), down = sign(self->row - hunter->row);
    const bool left_wall = self->column == 0, top_wall = self->row == 0;
    const bool right_wall = self->column + 1 == bot->client.welcome.width;
    const bool bottom_wall = self->row + 1 == bot->client.welcome.height;
    if ((right < 0 && left_wall) || (right > 0 && right_wall))
        right = 0;
    if ((down < 0 && top_wall) || (down > 0 && bottom_wall))
        down = 0;
    if (right == 0 && down == 0) {
        right = left_wall ? 1 : right_wall ? -1 : 0;
        down = right != 0 ? 0 : top_wall ? 1 : -1;
    }
    return heading(right, down);
}

static void wander(struct bot *bot, uint64_t now)
{
    if (now < bot->turns_at)
        return;
    bot->client.heading = (uint8_t)(1 + draw(8));
    bot->turns_at = now + SECOND / 2 + draw(2000) * (SECOND / 1000);
}

static void play(struct bot *bot, uint64_t now)
{
    const struct tag_scene *scene = tag_scenes_latest(&bot->client.scenes);
    const struct tag_sight *self =
        scene != NULL ? tag_scene_find(scene, bot->client.welcome.player) : NULL;
    const struct tag_sight *other = NULL;
    if (self != NULL)
        other = nearest(scene, self, self->role == TAG_IT ? TAG_FREE : TAG_IT);
    if (other != NULL && self->role == TAG_IT)
        bot->client.heading = heading(other->column - self->column, other->row - self->row);
    else if (other != NULL && distance(self, other) <= SIGHT)
        bot->client.heading = flee(bot, self, other);
    else
        wander(bot, now);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void note_arrival(uint32_t turn, uint64_t when)
{
    if (first_turn == 0)
        first_turn = turn;
    const size_t at = turn - first_turn;
    if (turn < first_turn || at >= (size_t)1 << 24)
        return;
    if (at >= arrivals_room) {
        const size_t room = 2 * at + 1024;
        struct arrival *more = realloc(arrivals, room * sizeof *more);
        if (more == NULL)
            fail("arrivals");
        memset(more + arrivals_room, 0, (room - arrivals_room) * sizeof *more);
        arrivals = more;
        arrivals_room = room;
    }
    struct arrival *arrival = &arrivals[at];
    if (arrival->turn == 0)
        *arrival = (struct arrival){turn, when, when};
    else if (when > arrival->last)
        arrival->last = when;
    else if (when < arrival->first)
        arrival->first = when;
}

static uint64_t arrived_at(struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL;
         part = CMSG_NXTHDR(header, part)) {
        struct timespec time;
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&time, CMSG_DATA(part), sizeof time);
        return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
    }
    return clock_now(CLOCK_REALTIME);
}

static void receive(struct bot *bot)
{
    uint8_t data[TAG_DATAGRAM_MOST + 1];
    _Alignas(struct cmsghdr) char control[64];
    for (;;) {
        struct iovec part = {data, sizeof data};
        struct msghdr header = {.msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = control,
                                .msg_controllen = sizeof control};
        const ssize_t size = recvmsg(bot->socket, &header, MSG_DONTWAIT);
        if (size < 0)
            return; /* none left, or ICMP says that nobody is there: it asks again */
        const uint64_t now = monotonic();
        if (!tag_client_receive(&bot->client, data, (size_t)size, now))
            continue;
        note_arrival(bot->client.head.turn, arrived_at(&header));
        if (bot->client.blind)
            wander(bot, now);
        else
            play(bot, now);
    }
}

static void send_due(struct bot *bot, uint64_t now)
{
    uint8_t data[TAG_REQUEST_MOST];
    const size_t size = tag_client_send(&bot->client, now, data);
    if (size > 0)
        (void)!send(bot->socket, data, size, MSG_DONTWAIT);
}

static int open_socket(const struct addrinfo *server)
{
    int yes = 1, bytes = 64 * 1024;
    const int fd = socket(server->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, server->ai_addr, server->ai_addrlen) != 0)
        fail("a socket for each player (see ulimit -n)");
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return fd;
}

static void start(const struct addrinfo *server, int poller)
{
    bots = calloc(options.players, sizeof *bots);
    if (bots == NULL)
        fail("bots");
    for (unsigned i = 0; i < options.players; i++) {
        struct bot *bot = &bots[i];
        char name[TAG_NAME_MOST + 1];
        uint64_t nonce;
        if (getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
            fail("getrandom");
        snprintf(name, sizeof name, "%.10s%hu", options.name, (unsigned short)(i + 1));
        tag_client_start(&bot->client, name, nonce, monotonic());
        bot->client.blind = i >= options.watching;
        bot->socket = open_socket(server);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = bot};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, bot->socket, &event) != 0)
            fail("epoll");
    }
}

static bool is_over(const struct bot *bot)
{
    return bot->client.phase == TAG_REJECTED || bot->client.phase == TAG_DISMISSED;
}

/* Until that time, a signal, or until all are gone. */
static void run(int poller, uint64_t until, bool leaving)
{
    while (monotonic() < until && (leaving || !interrupted)) {
        struct epoll_event events[EVENTS];
        uint64_t next = UINT64_MAX, now = monotonic();
        unsigned alive = 0;
        for (unsigned i = 0; i < options.players; i++) {
            send_due(&bots[i], now);
            if (tag_client_due(&bots[i].client) < next)
                next = tag_client_due(&bots[i].client);
            alive += !is_over(&bots[i]);
        }
        if (alive == 0)
            return;
        now = monotonic();
        if (next > until)
            next = until;
        const int wait = next > now ? (int)((next - now) / 1000000) + 1 : 0;
        int count = epoll_wait(poller, events, EVENTS, wait);
        while (count > 0) {
            for (int i = 0; i < count; i++) {
                struct bot *bot = events[i].data.ptr;
                receive(bot);
                send_due(bot, monotonic());
            }
            count = epoll_wait(poller, events, EVENTS, 0);
        }
    }
}

/* ---- what came of it ------------------------------------------------------------------------- */

/* Turns are due a period apart; which moment they are due at is told by the earliest. */
static void measure(struct histogram *first, struct histogram *last, uint64_t period)
{
    uint64_t earliest = UINT64_MAX;
    for (size_t i = 0; i < arrivals_room; i++)
        if (arrivals[i].turn != 0 && arrivals[i].first - i * period < earliest)
            earliest = arrivals[i].first - i * period;
    for (size_t i = 0; i < arrivals_room; i++) {
        if (arrivals[i].turn == 0)
            continue;
        const uint64_t due = earliest + i * period;
        histogram_add(first, arrivals[i].first - due);
        histogram_add(last, arrivals[i].last - due);
    }
}

static double ms(const struct histogram *histogram, double share)
{
    return (double)histogram_at(histogram, share) / 1e6;
}

static int tell(void)
{
    static struct histogram first, last;
    uint64_t states = 0, lost = 0, rejected = 0;
    unsigned joined = 0, refused = 0, rate = 0;
    const char *reason = NULL;
    for (unsigned i = 0; i < options.players; i++) {
        const struct tag_client *client = &bots[i].client;
        states += client->states;
        lost += client->lost;
        rejected += client->rejected;
        joined += client->states > 0;
        if (client->welcome.rate > 0)
            rate = client->welcome.rate;
        if (client->phase == TAG_REJECTED) {
            refused++;
            reason = tag_client_reason(client);
        }
    }
    if (rate > 0)
        measure(&first, &last, SECOND / rate);
    if (options.json)
        printf("{\"players\":%u,\"joined\":%u,\"refused\":%u,\"states\":%" PRIu64
               ",\"lost\":%" PRIu64 ",\"rejected\":%" PRIu64 ",\"turns\":%" PRIu64
               ",\"first_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}"
               ",\"last_ms\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}}\n",
               options.players, joined, refused, states, lost, rejected, first.count,
               ms(&first, 0.5), ms(&first, 0.99), ms(&first, 0.999), ms(&first, 1), ms(&last, 0.5),
               ms(&last, 0.99), ms(&last, 0.999), ms(&last, 1));
    else
        printf("%u of %u bots have played; %" PRIu64 " states, %" PRIu64 " lost, %" PRIu64
               " datagrams rejected\n%" PRIu64 " turns: the first state late by %.2f ms in the "
               "median, %.2f at the 99.9th percentile; the last by %.2f, %.2f\n",
               joined, options.players, states, lost, rejected, first.count, ms(&first, 0.5),
               ms(&first, 0.999), ms(&last, 0.5), ms(&last, 0.999));
    if (refused > 0)
        fprintf(stderr, "tagbots: %u were refused: %s\n", refused, reason);
    return joined == options.players ? 0 : 1;
}

/* ---- the command line ------------------------------------------------------------------------ */

static const char help[] =
    "Usage: tagbots [OPTION]... ADDR:PORT\n"
    "Players of the game server, to play against and as a load. They leave after a while, or upon\n"
    "Ctrl-C, and then say when the states of turns have come.\n"
    "\n"
    "  --players N    so many (10)\n"
    "  --seconds N    leave after so long; 0: upon Ctrl-C (0)\n"
    "  --watching N   so many play by what they see; others only acknowledge it (all)\n"
    "  --name NAME    what they are called, with a number behind it (bot)\n"
    "  --json         say it as JSON\n"
    "  --help         this text\n"
    "\n"
    "From one address a server admits a few only, unless it is told --max-per-client 0 and\n"
    "--join-rate 0.\n";

static void refuse(const char *what)
{
    fprintf(stderr, "tagbots: %s; see --help\n", what);
    exit(2);
}

static unsigned long number(const char *text, unsigned long most)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value > most)
        refuse("a number is not as it should be");
    return value;
}

static struct addrinfo *parse_server(const char *text)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *server = NULL;
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (address_split(text, host, port) != 0)
        refuse("ADDR:PORT is expected, with the port as a number, and [ADDR]:PORT for IPv6");
    const int problem = getaddrinfo(host, port, &hints, &server);
    if (problem != 0) {
        fprintf(stderr, "tagbots: %s: %s\n", host, gai_strerror(problem));
        exit(1);
    }
    return server;
}

static void parse_options(int argc, char **argv)
{
    static const struct option table[] = {
        {"players", required_argument, NULL, 'p'},
        {"seconds", required_argument, NULL, 's'},
        {"watching", required_argument, NULL, 'w'},
        {"name", required_argument, NULL, 'n'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (option) {
        case 'p':
            options.players = (unsigned)number(optarg, TAG_SEATS_MOST);
            break;
        case 's':
            options.length = number(optarg, 1000000) * SECOND;
            break;
        case 'w':
            options.watching = (unsigned)number(optarg, TAG_SEATS_MOST);
            break;
        case 'n':
            options.name = optarg;
            break;
        case 'j':
            options.json = true;
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            exit(2);
        }
    }
    if (optind + 1 != argc)
        refuse("which server: ADDR:PORT");
    if (!tag_name_is_valid(options.name, strnlen(options.name, 10)))
        refuse("--name: printable characters of ASCII");
}

int main(int argc, char **argv)
{
    struct rlimit files;
    const struct sigaction action = {.sa_handler = on_signal};
    parse_options(argc, argv);
    struct addrinfo *server = parse_server(argv[optind]);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        fail("epoll");
    start(server, poller);
    freeaddrinfo(server);
    run(poller, options.length > 0 ? monotonic() + options.length : UINT64_MAX, false);
    for (unsigned i = 0; i < options.players; i++)
        if (bots[i].client.phase == TAG_PLAYING)
            tag_client_leave(&bots[i].client, monotonic());
        else
            bots[i].client.phase =
                bots[i].client.phase < TAG_PLAYING ? TAG_DISMISSED : bots[i].client.phase;
    run(poller, monotonic() + SECOND, true);
    const int status = tell();
    for (unsigned i = 0; i < options.players; i++) {
        close(bots[i].socket);
        tag_client_clear(&bots[i].client);
    }
    close(poller);
    free(bots);
    free(arrivals);
    return status;
}

/* loop.c - the game server written by hand: the same protocol, rules and parts (servers/common), in
 * a loop over epoll with a timer, on one thread. What the flows of servers/game are measured
 * against.
 *
 *     loop [RATE [WxH [SEATS]]]
 *
 * Listens on a port of the kernel's choice, which it prints; admits any number from one address.
 * After SIGTERM it prints how late turns began and when their last datagram was out: JSON, as `game
 * --report` has it.
 */
#include "cookie.h"
#include "datagrams.h"
#include "flux.h"
#include "histogram.h"
#include "listen.h"
#include "tag_game.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND     UINT64_C(1000000000)
#define REPLY_MOST 36

static struct tag_rules rules = {
    .seats = 1024, .width = 100, .height = 50, .rate = 10, .silence = 10 * SECOND};
static struct tag_game *game;
static struct cookie_key key;
static uint64_t begun, period, ticks, skipped, unsent;
static struct histogram late, done;

static uint64_t now_of(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* What parts of servers ask of a runtime. */
uint64_t flux_now(void)
{
    return now_of();
}

void flux_log(enum flux_level level, const char *format, ...)
{
    va_list values;
    (void)level;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* Writes the answer; returns its size, 0: none. */
static size_t answer(const struct datagram *datagram, uint8_t *data)
{
    const uint64_t now = now_of();
    const struct endpoint *from = &datagram->from;
    const uint32_t time = (uint32_t)(now / SECOND);
    struct tag_request request;
    struct tag_challenge challenge;
    struct tag_welcome welcome;
    struct tag_farewell farewell;
    uint64_t token;
    int error = 0;

    switch (tag_read_request(&request, datagram->data, datagram->size)) {
    case TAG_HELLO:
        challenge = (struct tag_challenge){.nonce = request.nonce, .time = time};
        if (cookie_make(&key, from, request.nonce, time, challenge.cookie) != 0)
            return 0;
        return tag_write_challenge(data, &challenge);
    case TAG_JOIN:
        if (!cookie_is_good(&key, from, request.nonce, request.time, time, 10, request.cookie))
            return tag_write_refused(data, request.nonce, TAG_STALE);
        if (getrandom(&token, sizeof token, 0) != (ssize_t)sizeof token)
            return 0;
        error = tag_game_join(game, &request, from, token, now, &welcome);
        return error == 0 ? tag_write_welcome(data, &welcome)
                          : tag_write_refused(data, request.nonce, TAG_FULL);
    case TAG_INPUT:
        error = tag_game_input(game, &request, from, now);
        break;
    case TAG_LEAVE:
        error = tag_game_leave(game, &request, from);
        break;
    default:
        return 0;
    }
    if (error != ESRCH && request.kind != TAG_LEAVE)
        return 0;
    farewell = (struct tag_farewell){request.player, request.token,
                                     error != 0 ? TAG_UNKNOWN : TAG_HAS_LEFT};
    return tag_write_farewell(data, &farewell);
}

static void receive(int port)
{
    static struct datagram datagrams[DATAGRAMS_BATCH];
    static uint8_t bytes[DATAGRAMS_BATCH][REPLY_MOST];
    static struct outbox replies;
    unsigned refused = 0;
    const int count = datagrams_receive(port, 0, datagrams, DATAGRAMS_BATCH);
    outbox_clear(&replies);
    for (int i = 0; i < count; i++) {
        const size_t size = answer(&datagrams[i], bytes[i]);
        if (size > 0)
            outbox_add(&replies, &datagrams[i].from, bytes[i], size);
    }
    outbox_send(&replies, &refused);
}

/* ---- turns ----------------------------------------------------------------------------------- */

static void broadcast(uint64_t next)
{
    static uint8_t bytes[DATAGRAMS_BATCH][TAG_DATAGRAM_MOST];
    static struct outbox states;
    unsigned refused = 0;
    const uint32_t seats = tag_game_seats(game);
    for (uint32_t seat = 0; seat < seats;) {
        const uint64_t now = now_of();
        outbox_clear(&states);
        for (; seat < seats && !outbox_is_full(&states); seat++) {
            struct endpoint to;
            const size_t size = tag_game_state(game, seat, now, bytes[states.count], &to);
            if (size > 0)
                outbox_add(&states, &to, bytes[states.count], size);
        }
        while (outbox_send(&states, &refused) == EAGAIN) {
            struct pollfd room = {.fd = outbox_socket(&states), .events = POLLOUT};
            const uint64_t left = now_of();
            if (left >= next || poll(&room, 1, (int)((next - left) / 1000000)) <= 0) {
                unsent += states.count - states.sent + (seats - seat);
                return;
            }
        }
    }
    unsent += refused;
}

static void turn(int timer)
{
    uint64_t expired = 0, now;
    if (read(timer, &expired, sizeof expired) != (ssize_t)sizeof expired)
        return;
    const uint64_t due = begun + (ticks + 1) * period;
    ticks += expired;
    skipped += expired - 1;
    now = now_of();
    histogram_add(&late, now > due ? now - due : 0);
    tag_game_turn(game);
    broadcast(begun + (ticks + 1) * period);
    now = now_of();
    histogram_add(&done, now > due ? now - due : 0);
    tag_game_expire(game, now);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void put_times(const char *name, const struct histogram *times)
{
    printf(",\"%s\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}", name,
           (double)histogram_at(times, 0.5) / 1e6, (double)histogram_at(times, 0.99) / 1e6,
           (double)histogram_at(times, 0.999) / 1e6, (double)histogram_at(times, 1) / 1e6);
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int start_timer(void)
{
    const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    period = SECOND / rules.rate;
    begun = now_of();
    const uint64_t first = begun + period;
    const struct itimerspec times = {
        .it_value = {(time_t)(first / SECOND), (long)(first % SECOND)},
        .it_interval = {(time_t)(period / SECOND), (long)(period % SECOND)},
    };
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &times, NULL) != 0 ? -1 : timer;
}

static void loop(int poller, int port, int timer)
{
    for (;;) {
        struct epoll_event events[4];
        const int count = epoll_wait(poller, events, 4, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == timer)
                turn(timer);
            else if (events[i].data.fd == port)
                receive(port);
            else
                return;
        }
    }
}

int main(int argc, char **argv)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (argc > 1)
        rules.rate = (uint16_t)atoi(argv[1]);
    if (argc > 2 && sscanf(argv[2], "%hux%hu", &rules.width, &rules.height) != 2)
        return 2;
    if (argc > 3)
        rules.seats = (uint32_t)atoi(argv[3]);
    game = tag_game_new(&rules);
    if (game == NULL || cookie_key_draw(&key) != 0)
        return fail("loop");
    if (listen_open("127.0.0.1:0", LISTEN_DATAGRAMS) != 0)
        return 1;
    const int fds[] = {listen_socket(0), start_timer(), signalfd(-1, &signals, 0)};
    const int poller = epoll_create1(0);
    for (unsigned i = 0; i < 3; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &event) != 0)
            return fail("loop");
    }
    loop(poller, fds[0], fds[1]);
    printf("{\"turns\":%llu,\"skipped\":%llu,\"unsent\":%llu", (unsigned long long)late.count,
           (unsigned long long)skipped, (unsigned long long)unsent);
    put_times("late_ms", &late);
    put_times("done_ms", &done);
    printf("}\n");
    tag_game_free(game);
    return 0;
}

/* setup.c - options, and what lives as long as the program. */
#include "game_flux.h"

#include "flux.h"
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

struct settings settings = {
    .rate = 10,
    .seats = 1024,
    .per_client = 32,
    .silence = 10 * SECOND,
    .strangers = 20,
    .width = 100,
    .height = 50,
    .clock = -1,
    .port = -1,
};

struct tag_game *board;
struct limiter *strangers;
struct counts counts;

/* WxH */
static int board_option(const char *text)
{
    char *end;
    unsigned long width = strtoul(text, &end, 10), height = 0;
    if (*end == 'x' && end[1] >= '0' && end[1] <= '9')
        height = strtoul(end + 1, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || width < 2 || width > TAG_SIDE_MOST ||
        height < 2 || height > TAG_SIDE_MOST)
        return EINVAL;
    settings.width = (uint16_t)width;
    settings.height = (uint16_t)height;
    return 0;
}

/* clang-format off */
static const struct flux_option options[] = {
    {"listen", "ADDR:PORT", "receive there; may be repeated (127.0.0.1:7777)",
     FLUX_CALL, NULL, 0, 0, listen_option},
    {"rate", "N", "turns in a second",
     FLUX_NUMBER, &settings.rate, 1, 1000, NULL},
    {"board", "WxH", "columns and rows (100x50)",
     FLUX_CALL, NULL, 0, 0, board_option},
    {"max-players", "N", "seats",
     FLUX_NUMBER, &settings.seats, 1, TAG_SEATS_MOST, NULL},
    {"max-per-client", "N", "seats for one address; 0: no limit",
     FLUX_NUMBER, &settings.per_client, 0, 0, NULL},
    {"join-rate", "N", "answers to an address in a second, before it has a seat; 0: no limit",
     FLUX_NUMBER, &settings.strangers, 0, 1000000, NULL},
    {"idle-timeout", "S", "remove players who have been silent for so long",
     FLUX_TIME, &settings.silence, SECOND, 3600 * SECOND, NULL},
    {"report", "S", "a line of JSON on standard output, so often, and one for all in the end; 0: none",
     FLUX_TIME, &settings.report, 0, 0, NULL},
};
/* clang-format on */
FLUX_OPTIONS(options);
FLUX_ABOUT("a game of Tag for many, over UDP", "", "1.0");

/* What becomes readable when there is a datagram on any socket. */
static int open_port(void)
{
    if (listen_count() == 1) {
        settings.port = listen_socket(0);
        return 0;
    }
    settings.port = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < listen_count() && settings.port >= 0; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (epoll_ctl(settings.port, EPOLL_CTL_ADD, listen_socket(i), &event) != 0)
            return errno;
    }
    return settings.port < 0 ? errno : 0;
}

static int open_clock(void)
{
    settings.clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (settings.clock < 0)
        return errno;
    settings.period = SECOND / settings.rate;
    settings.begun = flux_now();
    const uint64_t first = settings.begun + settings.period;
    const struct itimerspec times = {
        .it_value = {(time_t)(first / SECOND), (long)(first % SECOND)},
        .it_interval = {(time_t)(settings.period / SECOND), (long)(settings.period % SECOND)},
    };
    return timerfd_settime(settings.clock, TFD_TIMER_ABSTIME, &times, NULL) != 0 ? errno : 0;
}

int Prepare(void)
{
    struct tag_rules rules = {
        .seats = (uint32_t)settings.seats,
        .per_client = settings.per_client,
        .width = settings.width,
        .height = settings.height,
        .rate = (uint16_t)settings.rate,
        .silence = settings.silence,
    };
    settings.process = getpid();
    int error = cookie_key_draw(&settings.key);
    if (error != 0)
        return error;
    if (getrandom(&rules.seed, sizeof rules.seed, 0) != (ssize_t)sizeof rules.seed)
        return errno;
    board = tag_game_new(&rules);
    strangers = limiter_new((uint32_t)settings.strangers);
    if (board == NULL || strangers == NULL)
        return ENOMEM;
    error = listen_open("127.0.0.1:7777", LISTEN_DATAGRAMS);
    if (error == 0)
        error = open_port();
    return error != 0 ? error : open_clock();
}

bool is_one_process(void)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (getpid() == settings.process)
        return true;
    if (!atomic_flag_test_and_set(&said))
        flux_log(FLUX_ERROR, "a game is one process: start it without --processes");
    return false;
}

/* Best effort: whoever does not get it will find out by itself. */
static void say_farewell(void)
{
    static uint8_t bytes[DATAGRAMS_BATCH][REPLY_MOST];
    static struct outbox outbox;
    unsigned refused = 0;
    for (uint32_t i = 0; i < tag_game_seats(board); i++) {
        struct endpoint to;
        size_t size = tag_game_farewell(board, i, bytes[outbox.count], &to);
        if (size > 0)
            outbox_add(&outbox, &to, bytes[outbox.count], size);
        if (outbox_is_full(&outbox) || i + 1 == tag_game_seats(board)) {
            outbox_send(&outbox, &refused);
            outbox_clear(&outbox);
        }
    }
}

int Finish(void)
{
    if (board != NULL && listen_count() > 0) {
        say_farewell();
        score_log();
    }
    if (listen_count() != 1 && settings.port >= 0)
        close(settings.port);
    if (settings.clock >= 0)
        close(settings.clock);
    listen_close();
    batches_free();
    limiter_free(strangers);
    tag_game_free(board);
    return 0;
}

/* tag.c - a terminal to play Tag with (docs/game.md).
 *
 * A picture of characters is painted from what the client knows, and shown: by ncurses, or as lines
 * for those who cannot watch a screen (--print).
 */
#include "address.h"
#include "tag_picture.h"

#include <curses.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// libs: -lncurses -ltinfo

#define SECOND   UINT64_C(1000000000)
#define PATIENCE (10 * SECOND) /* for a server that does not answer */

static struct {
    const char *name, *server;
    unsigned long prints; /* --print; 0: a screen */
} options;

static struct tag_client client;
static struct tag_picture picture;
static volatile sig_atomic_t interrupted;

/* ---- to show it ------------------------------------------------------------------------------ */

static void screen_open(void)
{
    static const short colours[TAG_STYLES] = {
        [TAG_STYLE_WALL] = COLOR_BLUE,       [TAG_STYLE_FOG] = COLOR_BLUE,
        [TAG_STYLE_FREE] = COLOR_GREEN,      [TAG_STYLE_SAFE] = COLOR_CYAN,
        [TAG_STYLE_CAUGHT] = COLOR_RED,      [TAG_STYLE_SELF] = COLOR_YELLOW,
        [TAG_STYLE_SELF_CAUGHT] = COLOR_RED,
    };
    if (newterm(NULL, stdout, stdin) == NULL) {
        fprintf(stderr, "tag: this terminal (TERM) is not known; --print does without\n");
        exit(1);
    }
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
        for (short i = 1; i < TAG_STYLES; i++)
            init_pair(i, colours[i] != 0 ? colours[i] : -1, -1);
    }
}

static void screen_show(void)
{
    static const chtype attributes[TAG_STYLES] = {
        [TAG_STYLE_FOG] = A_DIM,
        [TAG_STYLE_SAFE] = A_DIM,
        [TAG_STYLE_CAUGHT] = A_BOLD,
        [TAG_STYLE_SELF] = A_BOLD,
        [TAG_STYLE_SELF_CAUGHT] = A_BOLD | A_REVERSE,
    };
    for (int row = 0; row < picture.height; row++) {
        move(row, 0);
        for (int column = 0; column < picture.width; column++) {
            const struct tag_cell *cell = &picture.cells[row * picture.width + column];
            const chtype look = attributes[cell->style] | COLOR_PAIR(cell->style);
            addch((unsigned char)cell->character | look);
        }
    }
    refresh();
}

static void print_show(void)
{
    for (int row = 0; row < picture.height; row++) {
        int length = picture.width;
        while (length > 0 && picture.cells[row * picture.width + length - 1].character == ' ')
            length--;
        for (int column = 0; column < length; column++)
            putchar(picture.cells[row * picture.width + column].character);
        putchar('\n');
    }
    fflush(stdout);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The heading that a key stands for, as in INPUT; -1: none. */
static int heading_of(int key)
{
    static const struct {
        int key;
        uint8_t heading;
    } keys[] = {
        {KEY_UP, 1},    {KEY_RIGHT, 3}, {KEY_DOWN, 5}, {KEY_LEFT, 7}, {KEY_PPAGE, 2},
        {KEY_NPAGE, 4}, {KEY_END, 6},   {KEY_HOME, 8}, {KEY_B2, 0},
    };
    static const char letters[] = " kulnjbhy", digits[] = "589632147";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].key == key)
            return keys[i].heading;
    if (key <= 0 || key > '~')
        return -1;
    const char *found = strchr(letters, key);
    if (found != NULL)
        return (int)(found - letters);
    found = strchr(digits, key);
    return found != NULL ? (int)(found - digits) : -1;
}

/* Returns whether the user wants to go. */
static bool read_keys(uint64_t now)
{
    for (int key; (key = getch()) != ERR;) {
        const int heading = heading_of(key);
        if (key == 'q' || key == 'Q' || key == 3)
            return true;
        if (key == KEY_RESIZE && !tag_picture_resize(&picture, COLS, LINES))
            return true;
        if (heading >= 0)
            tag_client_steer(&client, (uint8_t)heading, now);
    }
    return false;
}

/* ---- the game -------------------------------------------------------------------------------- */

static uint64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* Returns whether there was news. */
static bool exchange(int fd, uint64_t now)
{
    uint8_t data[TAG_DATAGRAM_MOST + 1];
    bool news = false;
    for (ssize_t size; (size = recv(fd, data, sizeof data, MSG_DONTWAIT)) >= 0;)
        news = tag_client_receive(&client, data, (size_t)size, now) || news;
    const size_t size = tag_client_send(&client, now, data);
    if (size > 0)
        (void)!send(fd, data, size, MSG_DONTWAIT);
    return news;
}

static void wait_for(int fd, bool keys, uint64_t until)
{
    struct pollfd waited[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    uint64_t now = monotonic(), due = tag_client_due(&client);
    if (until < due)
        due = until;
    if (due > now + SECOND / 2)
        due = now + SECOND / 2; /* for the message, if nothing else */
    poll(waited, keys ? 2 : 1, due > now ? (int)((due - now + 999999) / 1000000) : 0);
}

/* Until the user has enough of it, or the server. Returns why, NULL: the user. */
static const char *play(int fd)
{
    const bool screen = options.prints == 0;
    uint64_t print_at = 0;
    while (!interrupted) {
        const uint64_t now = monotonic();
        const bool news = exchange(fd, now);
        if (client.phase == TAG_REJECTED || client.phase == TAG_DISMISSED)
            return tag_client_reason(&client);
        if (now - (client.heard > 0 ? client.heard : client.begun) > PATIENCE)
            return "the server does not answer";
        if (screen) {
            if (read_keys(now))
                return NULL;
            tag_picture_paint(&picture, &client, now);
            screen_show();
        } else if (news && now >= print_at) {
            tag_picture_paint(&picture, &client, now);
            print_show();
            print_at = now + SECOND;
            if (--options.prints == 0)
                return NULL;
        }
        wait_for(fd, screen, UINT64_MAX);
    }
    return NULL;
}

static void leave(int fd)
{
    const uint64_t until = monotonic() + SECOND;
    if (client.phase != TAG_PLAYING)
        return;
    tag_client_leave(&client, monotonic());
    while (client.phase == TAG_PLAYING && monotonic() < until) {
        exchange(fd, monotonic());
        if (client.phase == TAG_PLAYING)
            wait_for(fd, false, until);
    }
}

/* ---- the command line ------------------------------------------------------------------------ */

static const char help[] =
    "Usage: tag [OPTION]... ADDR:PORT\n"
    "Plays Tag with those who are on the game server there. Run from the X if you are free, and "
    "catch\n"
    "an o if you are it: come next to it. Arrows, hjkl and yubn, or the digits around 5 turn you; "
    "you\n"
    "go on until the wall. Space stands still, q leaves.\n"
    "\n"
    "  --name NAME   what you are called, up to 16 characters (your user name)\n"
    "  --print N     no screen: print the board N times, once a second, and leave\n"
    "  --help        this text\n";

static void refuse(const char *what)
{
    fprintf(stderr, "tag: %s; see --help\n", what);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    static const struct option table[] = {
        {"name", required_argument, NULL, 'n'},
        {"print", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    char *end;
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        switch (option) {
        case 'n':
            options.name = optarg;
            break;
        case 'p':
            options.prints = strtoul(optarg, &end, 10);
            if (options.prints == 0 || *end != '\0' || optarg[0] == '-')
                refuse("--print: a number above 0");
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
    options.server = argv[optind];
    if (options.name == NULL) {
        const struct passwd *user = getpwuid(getuid());
        const char *name = user != NULL ? user->pw_name : "";
        options.name = tag_name_is_valid(name, strlen(name)) ? name : "somebody";
    }
    if (!tag_name_is_valid(options.name, strlen(options.name)))
        refuse("--name: 1 to 16 printable characters of ASCII, no blank at either end");
}

/* A socket that is connected to ADDR:PORT. */
static int dial(const char *text)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    char host[ADDRESS_HOST_SIZE], port[ADDRESS_PORT_SIZE];
    if (address_split(text, host, port) != 0)
        refuse("ADDR:PORT is expected, with the port as a number, and [ADDR]:PORT for IPv6");
    const int problem = getaddrinfo(host, port, &hints, &found);
    if (problem != 0) {
        fprintf(stderr, "tag: %s: %s\n", text, gai_strerror(problem));
        exit(1);
    }
    const int fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        fprintf(stderr, "tag: %s: %s\n", text, strerror(errno));
        exit(1);
    }
    freeaddrinfo(found);
    return fd;
}

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_signal};
    uint64_t nonce;
    setlocale(LC_CTYPE, "");
    parse_options(argc, argv);
    const int fd = dial(options.server);
    if (getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) {
        perror("tag: getrandom");
        return 1;
    }
    tag_client_start(&client, options.name, nonce, monotonic());

    const bool screen = options.prints == 0;
    if (screen)
        screen_open();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    const char *reason = "no memory";
    if (tag_picture_resize(&picture, screen ? COLS : 100, screen ? LINES : 30)) {
        reason = play(fd);
        leave(fd);
    }
    if (screen)
        endwin();
    if (reason != NULL)
        fprintf(stderr, "tag: %s\n", reason);
    close(fd);
    tag_client_clear(&client);
    free(picture.cells);
    return reason != NULL;
}

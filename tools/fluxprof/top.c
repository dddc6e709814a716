/* top.c - what has happened since the last look: the difference of two profiles of the same
 * processes. Each look has an arena of its own, which lives for as long as the next one. */
#include "top.h"

#include "fetch.h"
#include "report.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct text {
    const char *at;
    size_t size;
};

struct look {
    struct arena *arena;
    struct profile profile;
    VECTOR(struct text) texts; /* to read it again: what is subtracted from is changed */
    const char *failed;        /* who did not answer; NULL: all did */
    const char *error;
};

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

/* ---- looking --------------------------------------------------------------------------------- */

/* All texts as one profile. */
static bool read_all(struct profile *profile, struct arena *arena, const struct look *look,
                     const char **error)
{
    for (unsigned i = 0; i < look->texts.count; i++) {
        struct profile one;
        const struct text *text = &look->texts.at[i];
        if (!profile_parse(i == 0 ? profile : &one, arena, text->at, text->size, error))
            return false;
        if (i > 0 && !profile_add(profile, &one, error))
            return false;
    }
    return true;
}

static struct look take_look(const char *const *ports, unsigned count)
{
    struct look look = {.arena = arena_new()};
    for (unsigned i = 0; i < count && look.failed == NULL; i++) {
        struct text text = {0};
        text.at = fetch(look.arena, ports[i], &text.size, &look.error);
        if (text.at == NULL)
            look.failed = ports[i];
        else
            vector_push(look.arena, &look.texts, text);
    }
    if (look.failed == NULL && !read_all(&look.profile, look.arena, &look, &look.error))
        look.failed = ports[0];
    return look;
}

/* What there is now and was not before, in the arena of `now`. A program that has been started anew
 * has no past. */
static struct profile since(const struct look *before, const struct look *now)
{
    struct profile difference;
    const char *error;
    read_all(&difference, now->arena, now, &error); /* it could be read before */
    if (before->arena != NULL && before->profile.begin == now->profile.begin &&
        before->profile.program != NULL && before->profile.seconds <= now->profile.seconds) {
        /* Names are interned, so the past has to be read with this arena, too. */
        struct profile past;
        if (read_all(&past, now->arena, before, &error))
            profile_subtract(&difference, &past);
    }
    return difference;
}

/* ---- a line ---------------------------------------------------------------------------------- */

static const char *hottest(const struct profile *profile)
{
    const struct node_profile *most = NULL;
    for (unsigned i = 0; i < profile->nodes.count; i++)
        if (most == NULL || node_cpu(&profile->nodes.at[i]) > node_cpu(most))
            most = &profile->nodes.at[i];
    return most != NULL && node_cpu(most) > 0 ? most->name : "-";
}

static double per_second(const struct profile *profile, double number)
{
    return profile->seconds > 0 ? number / profile->seconds : 0;
}

static double alive(const struct profile *profile)
{
    double alive = 0;
    for (unsigned i = 0; i < profile->sources.count; i++)
        alive += profile->sources.at[i].flows - profile->sources.at[i].ended;
    return alive > 0 ? alive : 0;
}

static void print_summary(const struct profile *profile, const struct profile *all, FILE *out)
{
    char requests[32], flows[32], living[32], cpu[32], p50[32], p99[32];
    struct spread latency = profile_latency(profile);
    fprintf(out, "requests %s  flows %s  alive %s  cores %s  p50 %s  p99 %s",
            format_number(requests, COLUMN_RATE, per_second(profile, profile_requests(profile))),
            format_number(flows, COLUMN_RATE, per_second(profile, profile_flows(profile))),
            format_number(living, COLUMN_COUNT, alive(all)),
            format_number(cpu, COLUMN_SHARE, per_second(profile, profile->cpu_seconds)),
            format_number(p50, COLUMN_TIME, spread_quantile(&latency, 0.5)),
            format_number(p99, COLUMN_TIME, spread_quantile(&latency, 0.99)));
}

static void print_line(const struct profile *profile, const struct profile *all)
{
    time_t now = time(NULL);
    struct tm tm;
    char clock[16];
    strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &tm));
    printf("%s  ", clock);
    print_summary(profile, all, stdout);
    printf("  hottest %s\n", hottest(profile));
    fflush(stdout);
}

/* ---- a screen -------------------------------------------------------------------------------- */

static void print_table(struct report *report, const char *key, unsigned rows, int width, FILE *out)
{
    for (unsigned i = 0; i < report->tables.count; i++) {
        struct table *table = report->tables.at[i];
        if (strcmp(table->key, key) != 0)
            continue;
        table->shown = rows > 0 ? rows : 1;
        fputc('\n', out);
        table_print(table, out, width, true);
    }
}

/* As many lines as the terminal has, each ending where it ends. */
static void show(const char *text, int width, int height)
{
    fputs("\033[H", stdout);
    for (int line = 0; line < height - 1 && *text != '\0'; line++) {
        size_t length = strcspn(text, "\n");
        int wide = 0;
        for (size_t i = 0; i < length; i++) {
            if (text[i] == '\033') { /* takes no room */
                size_t end = i + strcspn(text + i, "m");
                fwrite(text + i, 1, (end < length ? end : length - 1) - i + 1, stdout);
                i = end;
            } else if (wide < width || ((unsigned char)text[i] & 0xc0) == 0x80) {
                putchar(text[i]);
                wide += ((unsigned char)text[i] & 0xc0) != 0x80;
            }
        }
        fputs("\033[0m\033[K\r\n", stdout);
        text += length + (text[length] == '\n');
    }
    fputs("\033[J", stdout);
    fflush(stdout);
}

static void print_screen(const struct look *look, struct profile *profile,
                         const struct top_options *options)
{
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    int width = size.ws_col > 40 ? size.ws_col : 80, height = size.ws_row > 10 ? size.ws_row : 24;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return;
    fprintf(out, "\033[1m%s\033[0m, runtime %s, every %g s; q quits\n", profile->program,
            profile->runtime, options->interval);
    print_summary(profile, &look->profile, out);
    fputc('\n', out);
    /* Where a table is cut off, that takes another line. */
    unsigned rest = height > 14 ? (unsigned)height - 14 : 2;
    unsigned constraints =
        profile->constraints.count < rest / 6 ? profile->constraints.count : rest / 6;
    struct report report = report_of(profile, &(struct report_options){.rows = 0, .slowest = 0.01});
    print_table(&report, "nodes", (rest - constraints) * 2 / 3, width, out);
    print_table(&report, "ways", (rest - constraints) / 3, width - 1, out);
    print_table(&report, "constraints", constraints, width, out);
    fclose(out);
    if (text != NULL)
        show(text, width, height);
    free(text);
}

/* ---- again and again ------------------------------------------------------------------------- */

static struct termios before;

static void screen_begin(void)
{
    struct termios raw;
    tcgetattr(STDIN_FILENO, &before);
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    fputs("\033[?1049h\033[?25l\033[2J", stdout);
}

static void screen_end(void)
{
    fputs("\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Until then, or until somebody wants it to end: true. */
static bool rest(double until, bool screen)
{
    for (;;) {
        double left = until - now();
        if (ended || left <= 0)
            return ended;
        struct pollfd keys = {.fd = screen ? STDIN_FILENO : -1, .events = POLLIN};
        if (poll(&keys, 1, (int)ceil(left * 1000)) > 0) {
            char key = 0;
            if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
                return true;
        }
    }
}

int top(const struct top_options *options, const char *const *ports, unsigned count)
{
    bool screen = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    struct sigaction action = {.sa_handler = end};
    struct look past = {.arena = NULL};
    const char *failed = NULL;
    char error[256] = "";

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    if (screen)
        screen_begin();
    double next = now();
    for (unsigned n = 0;;) {
        struct look look = take_look(ports, count);
        if (look.failed != NULL) {
            failed = look.failed;
            snprintf(error, sizeof error, "%s", look.error);
            arena_free(look.arena);
            break;
        }
        if (past.arena != NULL) {
            struct profile difference = since(&past, &look);
            if (screen)
                print_screen(&look, &difference, options);
            else
                print_line(&difference, &look.profile);
            arena_free(past.arena);
            n++;
        }
        past = look;
        next += options->interval;
        if ((options->count > 0 && n >= options->count) || rest(next, screen))
            break;
    }
    if (screen)
        screen_end();
    arena_free(past.arena);
    if (failed != NULL)
        fprintf(stderr, "fluxprof: %s: %s\n", failed, error);
    return failed != NULL;
}

/* report.c - progress: a line that is written over on a terminal, lines of JSON otherwise. */
#include "bittorrent_flux.h"

#include "flux.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static progress now;
static struct happened pending[8];
static size_t pending_count;
static bool shown; /* there is a line on the terminal to be written over */

static bool is_terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Text as it is: the control characters, quotes and backslashes of JSON are escaped. */
static void print_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < ' ')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static const char *state_of(const progress *what)
{
    if (what->stage == STAGE_METADATA)
        return "metadata";
    if (what->creating)
        return "creating";
    if (what->stage == STAGE_CHECKING)
        return "checking";
    return what->complete || settings.seed ? "seeding" : "downloading";
}

/* Seconds, or -1. */
static int64_t time_left(const progress *what)
{
    if (what->left == 0)
        return 0;
    return what->down > 0 ? (int64_t)(what->left / what->down) : -1;
}

static void print_progress(const progress *what)
{
    printf("{\"event\":\"progress\",\"state\":\"%s\",\"pieces\":%u,\"have\":%u,\"checked\":%u,"
           "\"size\":%llu,\"left\":%llu,\"down\":%llu,\"up\":%llu,\"downloaded\":%llu,"
           "\"uploaded\":%llu,\"peers\":%u,\"seeds\":%u,\"eta\":%lld}\n",
           state_of(what), what->pieces, what->have, what->checked, (unsigned long long)what->size,
           (unsigned long long)what->left, (unsigned long long)what->down,
           (unsigned long long)what->up, (unsigned long long)what->total_down,
           (unsigned long long)what->total_up, what->peers, what->seeds,
           (long long)time_left(what));
}

/* ---- a terminal ------------------------------------------------------------------------------ */

struct amount {
    char text[24];
};

static struct amount amount_of(uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    struct amount amount;
    double value = (double)bytes;
    unsigned unit = 0;
    for (; value >= 1000 && unit < 4; unit++)
        value /= 1024;
    snprintf(amount.text, sizeof amount.text, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value,
             units[unit]);
    return amount;
}

static void print_line(const progress *what)
{
    char line[256], eta[32] = "";
    struct winsize size;
    uint32_t part = what->stage == STAGE_CHECKING ? what->checked : what->have;
    int64_t left = time_left(what);
    if (!what->complete && what->stage == STAGE_RUNNING && left >= 0)
        snprintf(eta, sizeof eta, ", %lld:%02d:%02d left", (long long)left / 3600,
                 (int)(left / 60 % 60), (int)(left % 60));
    snprintf(line, sizeof line, "%s %u%% of %s%s, down %s/s, up %s/s, %u/%u pieces, %u peers",
             state_of(what), what->pieces > 0 ? (unsigned)((uint64_t)part * 100 / what->pieces) : 0,
             amount_of(what->size).text, eta, amount_of(what->down).text, amount_of(what->up).text,
             part, what->pieces, what->peers);
    int width =
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
    printf("\r%.*s\033[K", width, line);
    shown = true;
}

/* ---- what has happened ----------------------------------------------------------------------- */

void report_event(const char *event, const char *text)
{
    if (pending_count < sizeof pending / sizeof pending[0])
        pending[pending_count++] = (struct happened){event, text};
}

void report_now(const char *event, const char *text)
{
    if (is_terminal()) {
        printf("%s%s: %s\n", shown ? "\n" : "", event, text);
        shown = false;
    } else {
        printf("{\"event\":\"%s\",\"text\":", event);
        print_text(text);
        printf("}\n");
    }
    fflush(stdout);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void measure(progress *what)
{
    *what = (progress){.stage = swarm.stage,
                       .creating = create_hashes != NULL,
                       .complete = swarm_complete(),
                       .pieces = swarm.metainfo.pieces,
                       .have = swarm.have_count,
                       .checked = swarm.checked,
                       .size = swarm.metainfo.length,
                       .left = swarm.left,
                       .down = (uint64_t)swarm.down.per_second,
                       .up = (uint64_t)swarm.up.per_second,
                       .total_down = swarm.down.total,
                       .total_up = swarm.up.total};
    for (uint32_t i = 0; i < swarm.peer_count; i++) {
        what->peers += swarm.peers[i]->met;
        what->seeds +=
            swarm.peers[i]->met && what->pieces > 0 && swarm.peers[i]->has == what->pieces;
    }
    memcpy(what->happened, pending, sizeof pending);
    what->happened_count = pending_count;
    pending_count = 0;
}

int Measure(Measure_out *out)
{
    measure(&now);
    out->now = &now;
    return 0;
}

static bool differs(const progress *a, const progress *b)
{
    return a->stage != b->stage || a->have != b->have || a->checked != b->checked ||
           a->down != b->down || a->up != b->up || a->peers != b->peers || a->seeds != b->seeds ||
           a->total_down != b->total_down || a->total_up != b->total_up;
}

static void show(const progress *what)
{
    static progress before;
    if (is_terminal())
        print_line(what);
    else if (differs(what, &before))
        print_progress(what);
    before = *what;
    fflush(stdout);
    for (size_t i = 0; i < what->happened_count; i++)
        report_now(what->happened[i].event, what->happened[i].text);
}

int Show(Show_in *in)
{
    show(in->now);
    return 0;
}

void report_end(void)
{
    measure(&now);
    show(&now);
    if (is_terminal() && shown)
        putchar('\n');
    fflush(stdout);
}

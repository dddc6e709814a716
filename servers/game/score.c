/* score.c - how the server does: a line for each --report, and one in the end. */
#include "game_flux.h"

#include "flux.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MILLISECOND 1e6

struct score {
    struct histogram begun, done;
};

static struct score latest, total; /* since the last report; until then */
static uint64_t reported;          /* when */

void score_begun(uint64_t late)
{
    histogram_add(&latest.begun, late);
}

void score_done(uint64_t late)
{
    histogram_add(&latest.done, late);
}

static void start_anew(void)
{
    histogram_merge(&total.begun, &latest.begun);
    histogram_merge(&total.done, &latest.done);
    latest.begun = latest.done = (struct histogram){0};
}

static double at(const struct histogram *histogram, double share)
{
    return (double)histogram_at(histogram, share) / MILLISECOND;
}

static void put_times(FILE *file, const char *name, const struct histogram *times)
{
    fprintf(file, ",\"%s\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}", name,
            at(times, 0.5), at(times, 0.99), at(times, 0.999), at(times, 1));
}

static void put_count(FILE *file, const char *name, const atomic_ullong *number)
{
    fprintf(file, ",\"%s\":%llu", name, atomic_load_explicit(number, memory_order_relaxed));
}

static void put_line(FILE *file, const struct score *score)
{
    static const struct {
        const char *name;
        const atomic_ullong *number;
    } numbers[] = {
        {"received", &counts.received}, {"sent", &counts.sent},
        {"bytes", &counts.bytes},       {"invalid", &counts.invalid},
        {"limited", &counts.limited},   {"repeated", &counts.repeated},
        {"unknown", &counts.unknown},   {"refused", &counts.refused},
        {"unsent", &counts.unsent},     {"joined", &counts.joined},
        {"left", &counts.left},         {"expired", &counts.expired},
        {"skipped", &counts.skipped},
    };
    struct timespec now;
    struct tm parts;
    char date[sizeof "2026-01-01T00:00:00"];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(date, sizeof date, "%FT%T", &parts);
    fprintf(file, "{\"time\":\"%s.%03ldZ\",\"turn\":%u,\"players\":%u,\"seats\":%u", date,
            now.tv_nsec / 1000000, tag_game_turns(board), tag_game_players(board),
            tag_game_seated(board));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_count(file, numbers[i].name, numbers[i].number);
    put_times(file, "late_ms", &score->begun);
    put_times(file, "done_ms", &score->done);
    fputs("}\n", file);
}

char *score_line(uint64_t now)
{
    char *line = NULL;
    size_t size = 0;
    if (settings.report == 0 || now - reported < settings.report)
        return NULL;
    if (reported > 0) {
        FILE *file = open_memstream(&line, &size);
        if (file == NULL)
            return NULL;
        put_line(file, &latest);
        if (fclose(file) != 0) {
            free(line);
            return NULL;
        }
    }
    reported = now;
    start_anew();
    return line;
}

void score_log(void)
{
    start_anew();
    if (settings.report > 0) {
        put_line(stdout, &total);
        fflush(stdout);
    }
    flux_log(
        FLUX_INFO,
        "%llu turns, late by %.2f ms in the median, %.2f at the 99.9th percentile, %.2f at most; "
        "sent after %.2f, %.2f, %.2f ms; %llu skipped",
        (unsigned long long)total.begun.count, at(&total.begun, 0.5), at(&total.begun, 0.999),
        at(&total.begun, 1), at(&total.done, 0.5), at(&total.done, 0.999), at(&total.done, 1),
        atomic_load(&counts.skipped));
}

/* profile_fuzz.c - profiles from anywhere: refused with a reason, or read, reported, added to
 * themselves and subtracted, without a number that is none. Linked with fluxprof's parts. */
// libs: -ljansson
#include "../../tools/fluxprof/profile.h"
#include "../../tools/fluxprof/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_all(const struct report *report, FILE *out)
{
    for (unsigned i = 0; i < report->tables.count; i++) {
        table_print(report->tables.at[i], out, 100, false);
        table_csv(report->tables.at[i], out);
        table_json(report->tables.at[i], out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    struct arena *arena = arena_new();
    struct profile profile, again;
    struct report_options options = {.rows = 20, .slowest = 0.01};
    const char *error = NULL;
    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "w");
    bool read = profile_parse(&profile, arena, (const char *)data, size, &error);
    if (read != (error == NULL) || (!read && strlen(error) == 0))
        abort();
    if (read) {
        struct report report = report_of(&profile, &options);
        report_head(&profile, nowhere, false);
        print_all(&report, nowhere);
        if (!profile_parse(&again, arena, (const char *)data, size, &error) ||
            !profile_add(&again, &profile, &error))
            abort();
        report = report_difference(&profile, &again, &options);
        print_all(&report, nowhere);
        profile_parse(&profile, arena, (const char *)data, size, &error);
        profile_subtract(&profile, &again);
        report = report_of(&profile, &options);
        print_all(&report, nowhere);
    }
    arena_free(arena);
    return 0;
}

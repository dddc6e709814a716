/* main.c - fluxprof: what the profile of a Flux program says. docs/profile.md is its page. */
#include "drawing.h"
#include "fetch.h"
#include "report.h"
#include "top.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define VERSION "1.0"

static const char help[] =
    "Usage: fluxprof [report] [OPTION]... PROFILE...\n"
    "       fluxprof top [OPTION]... ADDR:PORT...\n"
    "       fluxprof diff [OPTION]... OLD NEW\n"
    "       fluxprof svg [-I DIR]... PROFILE... PROGRAM.flux -o PICTURE.svg\n"
    "       fluxprof json|csv [OPTION]... PROFILE...\n"
    "Shows where the time goes in a Flux program. A PROFILE is a file that a program compiled "
    "with\n"
    "`fluxc --profile` has left (./server --profile=FILE), - for standard input, or the admin "
    "port\n"
    "of one that runs (./server --admin=127.0.0.1:9100). Several, such as those of all processes,\n"
    "are added up.\n"
    "\n"
    "  report   the ways that flows take, by their time; nodes; constraints by wait; where the "
    "slowest\n"
    "           requests spent their time; sources\n"
    "  top      the same, live: what has happened since the last look; q quits\n"
    "  diff     what has changed, per request\n"
    "  svg      the flow graph: a node is the darker, the more of the time it takes, and a line "
    "the\n"
    "           wider, the more flows take it\n"
    "  json     the tables of the report, for programs\n"
    "  csv      the same; with --table=NAME one of them alone\n"
    "\n"
    "  --rows=N            of each table, at most; 0: all (20)\n"
    "  --by=time|count     order of ways (time)\n"
    "  --slowest=PERCENT   which requests count as slow (1%)\n"
    "  --table=NAME        ways, nodes, constraints, slowest, sources, choices or sessions alone\n"
    "  --interval=SECONDS  between two looks of top (1)\n"
    "  --count=N           so many looks of top; 0: until q (0)\n"
    "  --width=N           of the report; otherwise the terminal's, or 110\n"
    "  -o FILE             instead of standard output\n"
    "  -I DIR              where svg looks for what the program includes\n"
    "  --help, --version\n";

struct options {
    struct arena *arena;
    const char *command, *output, *table;
    struct report_options report;
    struct top_options top;
    unsigned width;
    VECTOR(const char *) operands;
    VECTOR(const char *) folders;
};

static int refuse(const char *what, const char *why)
{
    fprintf(stderr, "fluxprof: %s: %s\n", what, why);
    return 1;
}

static int misuse(const char *what, const char *why)
{
    fprintf(stderr, "fluxprof: %s: %s; --help tells more\n", what, why);
    return 2;
}

/* ---- options --------------------------------------------------------------------------------- */

static bool read_number(const char *text, double least, double most, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && *number >= least && *number <= most;
}

static int set_option(struct options *options, const char *name, size_t length, const char *value)
{
    double number = 0;
#define IS(text) (length == strlen(text) && memcmp(name, text, length) == 0)
    if (IS("rows") && read_number(value, 0, 1e6, &number)) {
        options->report.rows = (unsigned)number;
    } else if (IS("width") && read_number(value, 40, 10000, &number)) {
        options->width = (unsigned)number;
    } else if (IS("interval") && read_number(value, 0.05, 3600, &number)) {
        options->top.interval = number;
    } else if (IS("count") && read_number(value, 0, 1e9, &number)) {
        options->top.count = (unsigned)number;
    } else if (IS("slowest")) {
        size_t digits = strlen(value);
        const char *bare = digits > 0 && value[digits - 1] == '%'
                               ? arena_intern(options->arena, value, digits - 1)
                               : value;
        if (!read_number(bare, 0.0001, 100, &number))
            return misuse("--slowest", "a share like 1% is expected");
        options->report.slowest = number / 100;
    } else if (IS("by") && (strcmp(value, "time") == 0 || strcmp(value, "count") == 0)) {
        options->report.order = value[0] == 't' ? BY_TIME : BY_COUNT;
    } else if (IS("table")) {
        options->table = value;
    } else if (IS("rows") || IS("width") || IS("interval") || IS("count")) {
        return misuse(arena_printf(options->arena, "--%.*s=%s", (int)length, name, value),
                      "the number is none, or out of range");
    } else if (IS("by")) {
        return misuse("--by", "time or count is expected");
    } else {
        return misuse(arena_printf(options->arena, "--%.*s", (int)length, name),
                      "there is no such option");
    }
#undef IS
    return -1;
}

static bool is_command(const char *word)
{
    static const char *const commands[] = {"report", "top", "diff", "svg", "json", "csv"};
    for (unsigned i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(word, commands[i]) == 0)
            return true;
    return false;
}

/* Returns -1 to go on, or the status to exit with. */
static int read_options(struct options *options, int argc, char **argv)
{
    int status = -1;
    for (int i = 1; i < argc && status < 0; i++) {
        const char *word = argv[i], *equals = strchr(word, '=');
        if (strcmp(word, "--help") == 0 || strcmp(word, "--version") == 0) {
            fputs(word[2] == 'h' ? help : "fluxprof " VERSION "\n", stdout);
            return 0;
        }
        if (strncmp(word, "--", 2) == 0) {
            size_t length = equals != NULL ? (size_t)(equals - word - 2) : strlen(word + 2);
            const char *value = equals != NULL ? equals + 1 : argv[i + 1];
            if (value == NULL)
                return misuse(word, "it needs an argument");
            i += equals == NULL;
            status = set_option(options, word + 2, length, value);
        } else if (word[0] == '-' && (word[1] == 'o' || word[1] == 'I')) {
            const char *value = word[2] != '\0' ? word + 2 : argv[++i];
            if (value == NULL)
                return misuse(word, "it needs an argument");
            if (word[1] == 'o')
                options->output = value;
            else
                vector_push(options->arena, &options->folders, value);
        } else if (word[0] == '-' && word[1] != '\0') {
            return misuse(word, "there is no such option");
        } else if (options->command == NULL && options->operands.count == 0 && is_command(word)) {
            options->command = word;
        } else {
            vector_push(options->arena, &options->operands, word);
        }
    }
    if (status < 0 && options->operands.count == 0)
        return misuse(options->command != NULL ? options->command : "fluxprof",
                      "no profile is named");
    if (options->command == NULL)
        options->command = "report";
    return status;
}

/* ---- profiles -------------------------------------------------------------------------------- */

static bool read_one(struct profile *profile, struct arena *arena, const char *from)
{
    const char *error = NULL;
    size_t size = 0;
    const char *text = fetch(arena, from, &size, &error);
    if (text != NULL && profile_parse(profile, arena, text, size, &error))
        return true;
    refuse(from, error);
    return false;
}

static bool read_profiles(struct profile *profile, struct arena *arena, const char *const *names,
                          unsigned count)
{
    if (!read_one(profile, arena, names[0]))
        return false;
    for (unsigned i = 1; i < count; i++) {
        struct profile other;
        const char *error = NULL;
        if (!read_one(&other, arena, names[i]))
            return false;
        if (!profile_add(profile, &other, &error)) {
            refuse(names[i], error);
            return false;
        }
    }
    return true;
}

/* ---- commands -------------------------------------------------------------------------------- */

static int width_of(const struct options *options)
{
    struct winsize size = {0};
    if (options->width > 0)
        return (int)options->width;
    if (options->output == NULL && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40)
        return size.ws_col;
    return 110;
}

static bool is_wanted(const struct options *options, const struct table *table)
{
    return options->table == NULL || strcmp(options->table, table->key) == 0;
}

static void print_report(const struct options *options, const struct profile *profile,
                         const struct report *report, FILE *out, bool head)
{
    bool colour = options->output == NULL && isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    if (head && options->table == NULL)
        report_head(profile, out, colour);
    bool first = true;
    for (unsigned i = 0; i < report->tables.count; i++) {
        if (!is_wanted(options, report->tables.at[i]))
            continue;
        fputs(first ? "" : "\n", out);
        table_print(report->tables.at[i], out, width_of(options), colour);
        first = false;
    }
}

static void print_csv(const struct options *options, const struct report *report, FILE *out)
{
    bool first = true;
    for (unsigned i = 0; i < report->tables.count; i++) {
        if (!is_wanted(options, report->tables.at[i]))
            continue;
        if (options->table == NULL)
            fprintf(out, "%s# %s\n", first ? "" : "\n", report->tables.at[i]->key);
        table_csv(report->tables.at[i], out);
        first = false;
    }
}

static void print_json(const struct options *options, const struct profile *profile,
                       const struct report *report, FILE *out)
{
    static const struct column columns[] = {
        {"program", COLUMN_TEXT},       {"runtime", COLUMN_TEXT},   {"started", COLUMN_TEXT},
        {"seconds", COLUMN_NUMBER},     {"cores", COLUMN_COUNT},    {"processes", COLUMN_COUNT},
        {"cpu seconds", COLUMN_NUMBER}, {"requests", COLUMN_COUNT}, {"watched", COLUMN_COUNT},
    };
    struct report about = {0};
    struct table *table = REPORT_TABLE(profile->arena, &about, "profile", "", columns, 0);
    struct cell *row = table_row(table);
    row[0] = cell_text(profile->program);
    row[1] = cell_text(profile->runtime);
    row[2] = cell_text(profile->started);
    row[3] = cell_number(profile->seconds);
    row[4] = cell_number(profile->cores);
    row[5] = cell_number(profile->processes);
    row[6] = cell_number(profile->cpu_seconds);
    row[7] = cell_number(profile_requests(profile));
    row[8] = cell_number(profile->sampled);
    fputs("{\n  \"profile\": ", out);
    table_json_row(table, 0, out);
    for (unsigned i = 0; i < report->tables.count; i++) {
        if (!is_wanted(options, report->tables.at[i]))
            continue;
        fprintf(out, ",\n  \"%s\": ", report->tables.at[i]->key);
        table_json(report->tables.at[i], out);
    }
    fputs("\n}\n", out);
}

static bool has_table(const struct options *options, const struct report *report)
{
    for (unsigned i = 0; i < report->tables.count; i++)
        if (is_wanted(options, report->tables.at[i]))
            return true;
    return false;
}

static int print(const struct options *options, FILE *out)
{
    struct profile profile, old;
    struct report report;
    const char *const *names = options->operands.at;
    unsigned count = options->operands.count;
    bool differs = strcmp(options->command, "diff") == 0;
    if (differs && count != 2)
        return misuse("diff", "two profiles are expected");
    if (differs) {
        if (!read_one(&old, options->arena, names[0]) ||
            !read_one(&profile, options->arena, names[1]))
            return 1;
        report = report_difference(&old, &profile, &options->report);
    } else {
        if (!read_profiles(&profile, options->arena, names, count))
            return 1;
        report = report_of(&profile, &options->report);
    }
    if (!has_table(options, &report))
        return misuse(options->table, "there is no such table here");
    if (strcmp(options->command, "csv") == 0)
        print_csv(options, &report, out);
    else if (strcmp(options->command, "json") == 0)
        print_json(options, &profile, &report, out);
    else
        print_report(options, &profile, &report, out, !differs);
    return 0;
}

static int draw(const struct options *options, FILE *out)
{
    struct profile profile;
    unsigned count = options->operands.count;
    if (count < 2)
        return misuse("svg", "a profile and the program, a .flux file, are expected");
    const char *flux = options->operands.at[count - 1];
    if (!read_profiles(&profile, options->arena, options->operands.at, count - 1))
        return 1;
    return profile_draw(&profile, flux, options->folders.at, options->folders.count, out);
}

static int run(const struct options *options)
{
    if (strcmp(options->command, "top") == 0)
        return top(&options->top, options->operands.at, options->operands.count);
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size); /* no half of a file is left */
    if (memory == NULL)
        return refuse("no memory", strerror(errno));
    int status =
        strcmp(options->command, "svg") == 0 ? draw(options, memory) : print(options, memory);
    bool failed = ferror(memory) != 0;
    failed |= fclose(memory) != 0;
    if (failed)
        status = refuse("no memory", strerror(ENOMEM));
    FILE *out = status != 0               ? NULL
                : options->output != NULL ? fopen(options->output, "we")
                                          : stdout;
    if (status == 0 && out == NULL)
        status = refuse(options->output, strerror(errno));
    if (out != NULL) {
        failed = fwrite(text, 1, size, out) != size;
        failed |= (out == stdout ? fflush(out) : fclose(out)) != 0;
        if (failed)
            status = refuse(options->output != NULL ? options->output : "standard output",
                            strerror(errno));
    }
    free(text);
    return status;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct options options = {
        .arena = arena, .report = {.rows = 20, .slowest = 0.01}, .top = {.interval = 1}};
    int status = read_options(&options, argc, argv);
    if (status < 0)
        status = run(&options);
    arena_free(arena);
    return status;
}

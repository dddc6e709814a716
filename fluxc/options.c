#include "options.h"

#include "failure.h"
#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION "1.0"

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* One reading of a command line. */
struct reading {
    struct options *options;
    enum colour colour;
    bool wrong;                 /* an error has been printed */
    void (*instead)(FILE *out); /* --help and the like: prints, and nothing else is done */
};

static const struct {
    const char *name, *about;
} emits[] = {
    [EMIT_C] = {"c", "C: x_flux.c and x_flux.h; the default"},
    [EMIT_H] = {"h", "the header alone"},
    [EMIT_STUBS] = {"stubs", "functions of all nodes, to be filled in"},
    [EMIT_DOT] = {"dot", "the flow graph for graphviz"},
    [EMIT_SVG] = {"svg", "the flow graph as a picture"},
    [EMIT_JSON] = {"json", "everything known about the program"},
    [EMIT_PROG] = {"prog", "the steps that a flow takes"},
    [EMIT_LOCKS] = {"locks", "the constraints that each node takes"},
    [EMIT_SIM] = {"sim", "a simulator of the program, to be linked with libflux-sim"},
    [EMIT_PROFILE] = {"profile-template", "a profile for the simulator, to be filled in"},
};
enum { EMIT_COUNT = sizeof emits / sizeof emits[0] };

#define wrong(reading, ...) ((reading)->wrong = true, failure_say(__VA_ARGS__))

/* ---- what each option does ------------------------------------------------------------------- */

/* What is wrong, and the nearest of the names that would be right. */
static void wrong_name(struct reading *reading, const char *what, const char *value,
                       const struct near *near)
{
    if (near->best != NULL)
        wrong(reading, "%s '%s': did you mean '%s'?", what, value, near->best);
    else
        wrong(reading, "%s '%s'", what, value);
}

static void set_runtime(struct reading *reading, const char *value)
{
    struct near near = near_to(value);
    for (const struct runtime_row *row = runtime_rows; row->name != NULL; row++) {
        if (strcmp(row->name, value) == 0) {
            reading->options->runtime = row;
            return;
        }
        near_try(&near, row->name);
    }
    wrong_name(reading, "no runtime is called", value, &near);
}

static void set_emit(struct reading *reading, const char *value)
{
    struct near near = near_to(value);
    for (unsigned i = 0; i < EMIT_COUNT; i++) {
        if (strcmp(emits[i].name, value) == 0) {
            reading->options->emit = (enum emit)i;
            reading->options->emit_given = true;
            return;
        }
        near_try(&near, emits[i].name);
    }
    wrong_name(reading, "--emit does not know", value, &near);
}

static void set_output(struct reading *reading, const char *value)
{
    if (*value == '\0')
        wrong(reading, "-o needs a name");
    else if (reading->options->output != NULL)
        wrong(reading, "-o is given twice");
    reading->options->output = value;
}

static void add_include_dir(struct reading *reading, const char *value)
{
    struct options *options = reading->options;
    vector_push(options->arena, &options->include_dirs, value);
    if (options->build) {
        vector_push(options->arena, &options->arguments, "-I");
        vector_push(options->arena, &options->arguments, value);
    }
}

static void add_include(struct reading *reading, const char *value)
{
    vector_push(reading->options->arena, &reading->options->includes, value);
}

static void set_depfile(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->depfile = true;
}

static void set_depfile_name(struct reading *reading, const char *value)
{
    reading->options->depfile_name = value;
}

static void add_target(struct reading *reading, const char *value)
{
    vector_push(reading->options->arena, &reading->options->targets, value);
}

static void set_no_lines(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->no_lines = true;
}

static void set_profile(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->profile = true;
}

static void set_dumps(struct reading *reading, const char *value)
{
    if (*value == '\0' || strspn(value, "aglp") != strlen(value))
        wrong(reading, "-d takes letters of 'aglp', not '%s'", value);
    reading->options->dumps = value;
}

static void set_colour(struct reading *reading, const char *value)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(names[i], value) == 0) {
            reading->colour = (enum colour)i;
            return;
        }
    }
    wrong(reading, "--color is auto, always or never, not '%s'", value);
}

/* In a build, an option that fluxc does not know is the C compiler's; those that mean the
 * same to both are for both.
 */
static void set_warning(struct reading *reading, const char *option)
{
    struct options *options = reading->options;
    bool known = diags_option(options->diags, option);
    bool shared = strcmp(option, "-w") == 0 || strcmp(option, "-Werror") == 0 ||
                  strcmp(option, "-Wno-error") == 0 || strcmp(option, "-Wall") == 0 ||
                  strcmp(option, "-Wunused") == 0 || strcmp(option, "-Wno-unused") == 0;
    if (options->build && (shared || !known))
        vector_push(options->arena, &options->arguments, option);
    else if (!known)
        wrong(reading, "no warning is called by '%s'; see fluxc --help-warnings", option);
}

static void set_verbose(struct reading *reading, const char *value)
{
    (void)value;
    reading->options->verbose = true;
}

static void print_help(FILE *out);
static void set_help(struct reading *reading, const char *value)
{
    (void)value;
    reading->instead = print_help;
}

static void print_version(FILE *out)
{
    fputs("fluxc " VERSION "\n", out);
}

static void set_version(struct reading *reading, const char *value)
{
    (void)value;
    reading->instead = print_version;
}

static void set_help_warnings(struct reading *reading, const char *value)
{
    (void)value;
    reading->instead = diags_list;
}

/* ---- the table ------------------------------------------------------------------------------- */

/* A value follows a long option after '=' or as the next word, a short one at once or as the next
 * word. */
struct row {
    const char *name;
    const char *value; /* what --help calls it; NULL: takes none */
    const char *help;
    void (*set)(struct reading *reading, const char *value);
    enum { BOTH, COMPILE, BUILD } where;
};

static const struct row rows[] = {
    {"--runtime", "NAME", "the runtime that the program will run on", set_runtime, BOTH},
    {"--emit", "KIND", "what to make of the program; to standard output unless it is C", set_emit,
     COMPILE},
    {"-o", "FILE", "write to FILE (x_flux.h stands beside x_flux.c); '-' is standard output",
     set_output, BOTH},
    {"-I", "DIR", "look for included .flux files in DIR too", add_include_dir, BOTH},
    {"--include", "FILE", "have the generated header include FILE first", add_include, BOTH},
    {"--no-lines", NULL, "no #line: positions are those of the generated C", set_no_lines, BOTH},
    {"--profile", NULL, "the program measures itself: docs/profile.md", set_profile, BOTH},
    {"-MD", NULL, "write x_flux.d: the files read, as a rule for make", set_depfile, COMPILE},
    {"-MF", "FILE", "write that to FILE", set_depfile_name, COMPILE},
    {"-MT", "TARGET", "make it a rule for TARGET instead of the files written", add_target,
     COMPILE},
    {"-d", "LETTERS", "print what passes made: a syntax, g graph, l locks, p steps", set_dumps,
     COMPILE},
    {"-v", NULL, "print the commands that are run", set_verbose, BUILD},
    {"--color", "WHEN", "auto (on a terminal), always or never", set_colour, BOTH},
    {"--help", NULL, "this text", set_help, BOTH},
    {"--help-warnings", NULL, "all diagnostics by name", set_help_warnings, BOTH},
    {"--version", NULL, "the version", set_version, BOTH},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

static void print_help(FILE *out)
{
    fputs("Usage: fluxc [OPTION...] x.flux\n"
          "       fluxc build [OPTION...] x.flux NODES.c... [OPTION OF cc...]\n"
          "\n"
          "The first compiles a Flux program to x_flux.c and x_flux.h, the second makes an\n"
          "executable of it and its nodes with $CC and $CXX.\n"
          "\n",
          out);
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        char name[32];
        bool is_long = rows[i].name[1] == '-';
        snprintf(name, sizeof name, "%s%s%s", rows[i].name,
                 rows[i].value == NULL ? ""
                 : is_long             ? "="
                                       : " ",
                 rows[i].value == NULL ? "" : rows[i].value);
        fprintf(out, "  %-18s %s%s\n", name, rows[i].help,
                rows[i].where == BUILD ? " (build)" : "");
    }
    fputs("  -WNAME, -Wno-NAME  switch a warning on, off; -Werror, -Werror=NAME: it is an error\n"
          "  -w                 no warnings\n"
          "\nRuntimes:\n",
          out);
    for (const struct runtime_row *row = runtime_rows; row->name != NULL; row++)
        fprintf(out, "  %-18s %s%s\n", row->name, row->about,
                row == runtime_rows ? "; the default" : "");
    fputs("\nKinds of output:\n", out);
    for (unsigned i = 0; i < EMIT_COUNT; i++)
        fprintf(out, "  %-18s %s\n", emits[i].name, emits[i].about);
    fputs("\nExit status: 0; 1 for errors in the program; 2 for wrong usage, and for files that\n"
          "cannot be read or written; 70 for a defect of fluxc; a build's is that of cc.\n",
          out);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The row that the word begins, and where a value stands in the word (NULL: not in it). */
static const struct row *find_row(const char *word, const char **value)
{
    for (unsigned i = 0; i < ROW_COUNT; i++) {
        size_t length = strlen(rows[i].name);
        if (strncmp(word, rows[i].name, length) != 0)
            continue;
        *value = NULL;
        if (word[length] == '\0')
            return &rows[i];
        bool is_long = word[1] == '-';
        if (is_long ? word[length] == '=' : rows[i].value != NULL) {
            *value = word + length + is_long;
            return &rows[i];
        }
    }
    return NULL;
}

bool option_takes_next(const char *word)
{
    static const char *const names[] = {"-D",        "-I",          "-o",         "-U",
                                        "-L",        "-l",          "-x",         "-u",
                                        "-z",        "-T",          "-include",   "-imacros",
                                        "-iquote",   "-isystem",    "-idirafter", "-iprefix",
                                        "-isysroot", "-Xlinker",    "-arch",      "-Xpreprocessor",
                                        "-aux-info", "-Xassembler", "--param",    "--sysroot",
                                        "-target",   "-Xclang",     "-e"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static void read_file(struct reading *reading, const char *name)
{
    struct options *options = reading->options;
    if (options->build && !ends_with(name, ".flux"))
        vector_push(options->arena, &options->arguments, name);
    else if (options->input != NULL)
        wrong(reading, "two programs, '%s' and '%s'; the second may be an 'include' of the first",
              options->input, name);
    else
        options->input = name;
}

/* Reads the word at argv[i]; returns how many words it took. */
static int read_word(struct reading *reading, char **argv, int i)
{
    struct options *options = reading->options;
    const char *word = argv[i], *value;
    if (word[0] != '-') {
        read_file(reading, word);
        return 1;
    }
    if (strncmp(word, "-W", 2) == 0 || strcmp(word, "-w") == 0) {
        /* -Wl, -Wa, -Wp, hand options on */
        if (options->build && strlen(word) > 3 && word[3] == ',')
            vector_push(options->arena, &options->arguments, word);
        else
            set_warning(reading, word);
        return 1;
    }
    const struct row *row = find_row(word, &value);
    if (row != NULL && row->where != (options->build ? COMPILE : BUILD)) {
        if (row->value == NULL && value != NULL) {
            wrong(reading, "%s takes no value", row->name);
            return 1;
        }
        bool next = row->value != NULL && value == NULL;
        if (next && (value = argv[i + 1]) == NULL)
            wrong(reading, "%s needs a value: %s", row->name, row->value);
        else
            row->set(reading, value);
        return 1 + (next && value != NULL);
    }
    if (!options->build || strncmp(word, "--emit", 6) == 0 || strncmp(word, "-M", 2) == 0) {
        wrong(reading, row != NULL ? "%s is for fluxc %s" : "unknown option '%s'",
              row != NULL ? row->name : word, options->build ? "without build" : "build");
        return 1;
    }
    if (strcmp(word, "-c") == 0 || strcmp(word, "-S") == 0 || strcmp(word, "-E") == 0)
        options->no_link = true;
    vector_push(options->arena, &options->arguments, word);
    if (!option_takes_next(word) || argv[i + 1] == NULL)
        return 1;
    vector_push(options->arena, &options->arguments, argv[i + 1]);
    return 2;
}

/* What options ask for together that cannot be. */
static void check(struct reading *reading)
{
    struct options *options = reading->options;
    bool to_stdout = options->output != NULL && strcmp(options->output, "-") == 0;
    if (options->input == NULL)
        wrong(reading,
              options->build ? "no program: no file ends in .flux" : "no program to compile");
    else if (*options->input == '\0')
        wrong(reading, "the program has an empty name");
    if (options->dumps != NULL &&
        (options->emit_given || options->output != NULL || options->depfile))
        wrong(reading, "-d prints instead of writing files: it excludes --emit, -o and -MD");
    if (!options->depfile && (options->depfile_name != NULL || options->targets.count > 0))
        wrong(reading, "-MF and -MT need -MD");
    if (options->depfile && options->depfile_name == NULL &&
        (to_stdout || (options->output == NULL && options->emit != EMIT_C)))
        wrong(reading, "-MD needs -MF where the output is standard output");
    if (options->build && to_stdout)
        wrong(reading, "an executable does not go to standard output");
}

/* Standard error is a terminal, and its user has not asked for plain text (no-color.org). */
static bool terminal_has_colour(void)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) == 1 && (refused == NULL || *refused == '\0') &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

bool options_read(struct options *options, int argc, char **argv, enum status *status)
{
    struct reading reading = {.options = options};
    int i = 1;
    options->runtime = runtime_rows;
    if (argc > 1 && strcmp(argv[1], "build") == 0) {
        options->build = true;
        i = 2;
    }
    while (i < argc && reading.instead == NULL && strcmp(argv[i], "--") != 0)
        i += read_word(&reading, argv, i);
    for (i++; i < argc && reading.instead == NULL; i++)
        read_file(&reading, argv[i]);
    if (!reading.wrong && reading.instead == NULL)
        check(&reading);
    if (reading.wrong) {
        fprintf(stderr, "Try 'fluxc --help'.\n");
        *status = STATUS_USAGE;
        return false;
    }
    if (reading.instead != NULL) {
        reading.instead(stdout);
        *status = STATUS_OK;
        return false;
    }
    options->colour =
        reading.colour == COLOUR_ALWAYS || (reading.colour == COLOUR_AUTO && terminal_has_colour());
    return true;
}

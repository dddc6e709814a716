#include "build.h"

#include "command.h"
#include "failure.h"
#include "library.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct build {
    const struct options *options;
    struct arena *arena;
    const char *folder;         /* private, temporary */
    const char *name;           /* of the program: x */
    const char *c, *h;          /* what fluxc has emitted */
    const char *output;         /* the executable */
    strings compiling, linking; /* flags of the runtime */
};

enum language { NO_SOURCE, C, CXX };

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* What the C compiler takes a word of its command line for. */
static enum language language_of(const char *word)
{
    static const char *const cxx[] = {"cc", "cpp", "cxx", "C", "c++", "cp", "CPP"};
    const char *dot = strrchr(word, '.');
    if (word[0] == '-' || dot == NULL || strchr(dot, '/') != NULL)
        return NO_SOURCE;
    for (unsigned i = 0; i < sizeof cxx / sizeof cxx[0]; i++)
        if (strcmp(dot + 1, cxx[i]) == 0)
            return CXX;
    return strcmp(dot, ".c") == 0 ? C : NO_SOURCE;
}

static bool has_argument(const struct build *build, const char *start)
{
    for (unsigned i = 0; i < build->options->arguments.count; i++)
        if (starts_with(build->options->arguments.at[i], start))
            return true;
    return false;
}

static bool has_cxx(const struct build *build)
{
    for (unsigned i = 0; i < build->options->arguments.count; i++)
        if (language_of(build->options->arguments.at[i]) == CXX)
            return true;
    return false;
}

/* ---- commands -------------------------------------------------------------------------------- */

static void add(struct build *build, strings *words, const char *word)
{
    vector_push(build->arena, words, word);
}

static void add_all(struct build *build, strings *words, const strings *more)
{
    for (unsigned i = 0; i < more->count; i++)
        add(build, words, more->at[i]);
}

static strings command_of(struct build *build, enum language language)
{
    const char *variable = getenv(language == CXX ? "CXX" : "CC");
    strings words = {0};
    command_split(build->arena, variable != NULL ? variable : "", &words);
    if (words.count == 0)
        add(build, &words, language == CXX ? "c++" : "cc");
    return words;
}

static int run(struct build *build, const strings *words)
{
    if (build->options->verbose)
        command_print(words, stderr);
    int status = command_run(build->arena, words, NULL);
    if (status < 0) {
        failure_say("cannot run '%s': %s", words->at[0], strerror(errno));
        return STATUS_USAGE;
    }
    return status;
}

/* Flags that every compilation gets: where headers are, and -O2 for those who ask neither for
 * optimisation nor for a debugger. Headers named in the .flux file stand beside it. */
static void add_compiling(struct build *build, strings *words)
{
    const char *input = build->options->input, *slash = strrchr(input, '/');
    add(build, words, "-iquote");
    add(build, words, build->folder);
    add(build, words, "-iquote");
    add(build, words,
        slash != NULL ? arena_printf(build->arena, "%.*s", (int)(slash + 1 - input), input) : ".");
    if (slash != NULL && build->options->includes.count > 0) {
        add(build, words, "-iquote"); /* --include names a file from here */
        add(build, words, ".");
    }
    if (!has_argument(build, "-O") && !has_argument(build, "-g"))
        add(build, words, "-O2");
    if (has_argument(build, "-g")) /* the same bytes whatever the private folder is called (R42) */
        add(build, words, arena_printf(build->arena, "-fdebug-prefix-map=%s=.", build->folder));
    add_all(build, words, &build->compiling);
}

/* How many words the option at arguments[i] takes that is for linking only. */
static unsigned linking_words(const strings *arguments, unsigned i)
{
    const char *word = arguments->at[i];
    bool takes_next = strcmp(word, "-l") == 0 || strcmp(word, "-L") == 0 ||
                      strcmp(word, "-Xlinker") == 0 || strcmp(word, "-u") == 0 ||
                      strcmp(word, "-z") == 0 || strcmp(word, "-T") == 0;
    if (takes_next)
        return i + 1 < arguments->count ? 2 : 1;
    return starts_with(word, "-l") || starts_with(word, "-L") || starts_with(word, "-Wl,");
}

/* The arguments that a compilation of files of one language gets: options other than the linker's,
 * and no -std= of the other language. sources: those of this language too. */
static void add_arguments(struct build *build, strings *words, enum language language, bool sources)
{
    const strings *arguments = &build->options->arguments;
    for (unsigned i = 0; i < arguments->count; i++) {
        const char *word = arguments->at[i];
        unsigned skip = linking_words(arguments, i);
        if (skip > 0) {
            i += skip - 1;
            continue;
        }
        bool is_std = starts_with(word, "-std=") || starts_with(word, "--std=");
        bool takes = word[0] == '-' ? !is_std || (strchr(word, '+') != NULL) == (language == CXX)
                                    : language_of(word) == language && sources;
        bool is_value = i > 0 && option_takes_next(arguments->at[i - 1]);
        if (takes || is_value)
            add(build, words, word);
    }
}

/* ---- without linking: -c, -S, -E ------------------------------------------------------------- */

static int compile_only(struct build *build)
{
    bool cxx = has_cxx(build);
    if (cxx && build->options->output != NULL) {
        failure_say("-o names one file, and -c makes several");
        return STATUS_USAGE;
    }
    for (enum language language = C; language <= (cxx ? CXX : C); language++) {
        strings words = command_of(build, language);
        add_compiling(build, &words);
        add_arguments(build, &words, language, true);
        if (language == C)
            add(build, &words, build->c);
        if (build->options->output != NULL) {
            add(build, &words, "-o");
            add(build, &words, build->options->output);
        }
        int status = run(build, &words);
        if (status != 0)
            return status;
    }
    return STATUS_OK;
}

/* ---- an executable --------------------------------------------------------------------------- */

/* C alone: one command compiles and links. */
static int build_c(struct build *build, const char *output)
{
    strings words = command_of(build, C);
    add_compiling(build, &words);
    add(build, &words, "-o");
    add(build, &words, output);
    add(build, &words, build->c);
    add_all(build, &words, &build->options->arguments);
    add_all(build, &words, &build->linking);
    return run(build, &words);
}

/* With C++: each file by the compiler of its language, linked by that of C++. */
static int build_cxx(struct build *build, const char *output)
{
    const strings *arguments = &build->options->arguments;
    strings link = command_of(build, CXX);
    add(build, &link, "-o");
    add(build, &link, output);
    for (unsigned i = 0; i <= arguments->count; i++) {
        const char *word = i == 0 ? build->c : arguments->at[i - 1];
        enum language language = language_of(word);
        if (language == NO_SOURCE || (i > 1 && option_takes_next(arguments->at[i - 2]))) {
            if (!starts_with(word, "-std="))
                add(build, &link, word);
            continue;
        }
        const char *object = arena_printf(build->arena, "%s/%u.o", build->folder, i);
        if (!failure_remove(object)) {
            failure_say("out of memory");
            return STATUS_USAGE;
        }
        strings words = command_of(build, language);
        add_compiling(build, &words);
        add_arguments(build, &words, language, false);
        add(build, &words, "-c");
        add(build, &words, word);
        add(build, &words, "-o");
        add(build, &words, object);
        add(build, &link, object);
        int status = run(build, &words);
        if (status != 0)
            return status;
    }
    add_all(build, &link, &build->linking);
    return run(build, &link);
}

/* An executable may replace an executable; anything else is the user's, and is left alone. */
static bool may_replace(const char *name, const struct stat *old)
{
    char magic[4];
    if (old->st_size == 0)
        return true;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, magic, sizeof magic) : -1;
    if (fd >= 0)
        close(fd);
    return got == sizeof magic && memcmp(magic, "\177ELF", sizeof magic) == 0;
}

/* Compilers put files beside the output that are called after it: then it must have its own name
 * from the beginning. */
static bool has_companions(const struct build *build)
{
    static const char *const options[] = {"--coverage",    "-fprofile",    "-ftest-coverage",
                                          "-gsplit-dwarf", "-save-temps",  "--save-temps",
                                          "-fdump",        "-fstack-usage"};
    for (unsigned i = 0; i < sizeof options / sizeof options[0]; i++)
        if (has_argument(build, options[i]))
            return true;
    return false;
}

static int link_executable(struct build *build)
{
    const char *name = build->output, *slash = strrchr(name, '/');
    struct stat old;
    bool exists = stat(name, &old) == 0;
    if (exists && S_ISDIR(old.st_mode)) {
        failure_say("cannot write '%s': %s", name, strerror(EISDIR));
        return STATUS_USAGE;
    }
    if (exists && S_ISREG(old.st_mode) && !may_replace(name, &old)) {
        failure_say("'%s' is no executable, and is not overwritten; -o chooses another name", name);
        return STATUS_USAGE;
    }
    bool direct = (exists && !S_ISREG(old.st_mode)) || has_companions(build);
    const char *output = name;
    if (!direct) {
        output = arena_printf(build->arena, "%.*s.fluxc-%ld-%s",
                              slash != NULL ? (int)(slash + 1 - name) : 0, name, (long)getpid(),
                              slash != NULL ? slash + 1 : name);
        if (!failure_remove(output)) {
            failure_say("out of memory");
            return STATUS_USAGE;
        }
    }
    int status = has_cxx(build) ? build_cxx(build, output) : build_c(build, output);
    if (!direct && status == 0) {
        if (rename(output, name) != 0) {
            failure_say("cannot write '%s': %s", name, strerror(errno));
            status = STATUS_USAGE;
        } else {
            failure_forget(output);
        }
    }
    return status;
}

/* ---- the private folder ---------------------------------------------------------------------- */

static bool make_folder(struct build *build)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || *parent == '\0')
        parent = "/tmp";
    char *folder = arena_printf(build->arena, "%s/fluxc-XXXXXX", parent);
    sigset_t all, before;
    sigfillset(&all); /* its name is known only when it is there */
    sigprocmask(SIG_BLOCK, &all, &before);
    bool made = mkdtemp(folder) != NULL;
    int error = errno;
    if (made && !failure_remove(folder)) {
        rmdir(folder);
        made = false;
        error = ENOMEM;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!made) {
        failure_say("cannot make a folder in '%s': %s", parent, strerror(error));
        return false;
    }
    build->folder = folder;
    build->c = arena_printf(build->arena, "%s/%s_flux.c", folder, build->name);
    build->h = arena_printf(build->arena, "%s/%s_flux.h", folder, build->name);
    if (failure_remove(build->c) && failure_remove(build->h))
        return true;
    failure_say("out of memory");
    return false;
}

/* The next line that is C: not one that says what the file was made from, nor from where. False at
 * the end. */
static bool next_line(FILE *file, char **line, size_t *size)
{
    while (getline(line, size, file) > 0)
        if (!starts_with(*line, "#line ") && !starts_with(*line, "/* Generated "))
            return true;
    return false;
}

static bool same_header(const char *left, const char *right)
{
    FILE *files[] = {fopen(left, "re"), fopen(right, "re")};
    char *lines[] = {NULL, NULL};
    size_t sizes[] = {0, 0};
    bool same = files[0] != NULL && files[1] != NULL, more = same;
    while (same && more) {
        more = next_line(files[0], &lines[0], &sizes[0]);
        same = next_line(files[1], &lines[1], &sizes[1]) == more &&
               (!more || strcmp(lines[0], lines[1]) == 0);
    }
    for (int i = 0; i < 2; i++) {
        if (files[i] != NULL)
            fclose(files[i]);
        free(lines[i]);
    }
    return same;
}

/* A source includes the x_flux.h beside it rather than ours: an older one there would give the
 * nodes other structs than the flow. */
static bool check_headers(struct build *build)
{
    const strings *arguments = &build->options->arguments;
    for (unsigned i = 0; i < arguments->count; i++) {
        const char *word = arguments->at[i], *slash = strrchr(word, '/');
        if (language_of(word) == NO_SOURCE)
            continue;
        const char *header =
            arena_printf(build->arena, "%.*s%s_flux.h", slash != NULL ? (int)(slash + 1 - word) : 0,
                         word, build->name);
        if (access(header, F_OK) == 0 && !same_header(header, build->h)) {
            failure_say("'%s' is older than the program, and '%s' would include it; remove it, or "
                        "generate it again",
                        header, word);
            return false;
        }
    }
    return true;
}

int build(const struct options *options, enum status (*compile)(const struct options *options))
{
    struct build build = {.options = options, .arena = options->arena};
    const char *slash = strrchr(options->input, '/');
    const char *base = slash != NULL ? slash + 1 : options->input;
    build.name = arena_printf(build.arena, "%.*s", (int)(strlen(base) - strlen(".flux")), base);
    build.output = options->output != NULL ? options->output : build.name;
    if (!make_folder(&build))
        return STATUS_USAGE;

    struct options inner = *options;
    inner.output = build.c;
    int status = (int)compile(&inner);
    if (status != STATUS_OK)
        return status;
    if (!check_headers(&build) ||
        !library_flags(build.arena, options->runtime->name, &build.compiling, &build.linking))
        return STATUS_USAGE;
    return options->no_link ? compile_only(&build) : link_executable(&build);
}

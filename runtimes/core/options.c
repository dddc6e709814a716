/* options.c - the command line of every generated program.
 *
 * Three tables make it up: the core's below, the runtime's, and what the server has added with
 * FLUX_OPTIONS. A variable gets the option's value, else that of FLUX_NAME in the environment, else
 * it keeps what it held. Options and operands may be mixed; "--" ends the options.
 */
#include "admin.h"
#include "core.h"
#include "profile/profile.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECONDS    UINT64_C(1000000000)
#define TABLES_MAX 64u
#define NAME_SIZE  64u

struct fluxi_settings fluxi_settings = {.grace = 30 * SECONDS, .level = FLUX_INFO};
uint64_t fluxi_max_flows = 1000000;

static int set_level(const char *argument)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(argument, names[i]) == 0) {
            fluxi_settings.level = (enum flux_level)i;
            return 0;
        }
    }
    return EINVAL;
}

/* The last one is of programs that can be profiled. */
static const struct flux_option core_options[] = {
    {"grace", "TIME", "after SIGTERM flows have this long to finish", FLUX_TIME,
     &fluxi_settings.grace, 0, 0, NULL},
    {"max-flows", "N", "sources wait while this many flows are alive", FLUX_NUMBER,
     &fluxi_max_flows, 1, 0, NULL},
    {"processes", "N", "run N processes, each a program of its own; 0: only this one", FLUX_NUMBER,
     &fluxi_settings.processes, 0, 1024, NULL},
    {"admin", "ADDR:PORT", "health, metrics and profile by HTTP; port 0: any, which is printed",
     FLUX_CALL, NULL, 0, 0, fluxi_admin_option},
    {"log-level", "LEVEL", "error, warning, info or debug", FLUX_CALL, NULL, 0, 0, set_level},
    {"profile", "FILE", "leave a profile there at the end: docs/profile.md", FLUX_STRING,
     &fluxi_profile_file, 0, 0, NULL},
};

/* ---- the tables ------------------------------------------------------------------------------ */

struct table {
    const struct flux_option *options;
    size_t count;
};

static struct table server_tables[TABLES_MAX];
static size_t server_table_count; /* one more than TABLES_MAX: too many */

static const char *about_summary = "", *about_operands = "", *about_version = "";

static char **operands;
static int operand_count;

void flux_options_add(const struct flux_option *options, size_t count)
{
    if (server_table_count < TABLES_MAX)
        server_tables[server_table_count] = (struct table){options, count};
    if (server_table_count <= TABLES_MAX)
        server_table_count++;
}

void flux_about(const char *summary, const char *operands_text, const char *version)
{
    about_summary = summary;
    about_operands = operands_text;
    about_version = version;
}

const char *fluxi_options_version(void)
{
    return about_version;
}

char *const *flux_operands(int *count)
{
    if (count != NULL)
        *count = operand_count;
    return operands;
}

/* Table 0 is the core's, 1 the runtime's, the others the server's; false: there is none. */
static bool table_at(size_t index, struct table *table)
{
    if (index == 0)
        *table = (struct table){core_options, sizeof core_options / sizeof core_options[0] -
                                                  !fluxi_profile_there()};
    else if (index == 1)
        *table = (struct table){fluxi_runtime_options, fluxi_runtime_option_count};
    else if (index - 2 < server_table_count)
        *table = server_tables[index - 2];
    else
        return false;
    return true;
}

static const struct flux_option *find_in(struct table table, const char *name, size_t length)
{
    for (size_t i = 0; i < table.count; i++) {
        const char *found = table.options[i].name;
        if (strncmp(found, name, length) == 0 && found[length] == '\0')
            return &table.options[i];
    }
    return NULL;
}

/* An option of the runtime gives way to one of the server that has its name: --seed is then the
 * server's, and that of the runtime trace is --trace-seed. */
static const struct flux_option *option_find(const char *name, size_t length)
{
    const struct table of_runtime = {fluxi_runtime_options, fluxi_runtime_option_count};
    struct table table = {0};
    const struct flux_option *found = NULL;
    for (size_t t = 0; found == NULL && table_at(t, &table); t++)
        found = t != 1 ? find_in(table, name, length) : NULL;
    if (found == NULL)
        found = find_in(of_runtime, name, length);
    size_t prefix = strlen(fluxi_runtime_name) + 1;
    if (found == NULL && length > prefix && name[prefix - 1] == '-' &&
        strncmp(name, fluxi_runtime_name, prefix - 1) == 0)
        found = find_in(of_runtime, name + prefix, length - prefix);
    return found;
}

/* Whether it has given way; what goes before its name, then. */
static bool gave_way(size_t t, const struct flux_option *option)
{
    return t == 1 && option_find(option->name, strlen(option->name)) != option;
}

/* What a server's author can get wrong; told at every start until it is mended. */
static bool tables_are_sound(const char *program)
{
    struct table table;
    if (server_table_count > TABLES_MAX) {
        fprintf(stderr, "%s: more than %u tables of options are registered\n", program, TABLES_MAX);
        return false;
    }
    for (size_t t = 0; table_at(t, &table); t++) {
        for (size_t i = 0; i < table.count; i++) {
            const char *name = table.options[i].name;
            if ((t == 1 || option_find(name, strlen(name)) == &table.options[i]) &&
                strcmp(name, "help") != 0 && strcmp(name, "version") != 0 &&
                strlen(name) < NAME_SIZE)
                continue;
            fprintf(stderr, "%s: the option --%s is registered twice, or its name is taken\n",
                    program, name);
            return false;
        }
    }
    return true;
}

/* ---- --help and --version -------------------------------------------------------------------- */

static void help_table(size_t t)
{
    struct table table = {0};
    table_at(t, &table);
    for (size_t i = 0; i < table.count; i++) {
        const struct flux_option *option = &table.options[i];
        char left[96], value[64];
        bool prefix = gave_way(t, option);
        snprintf(left, sizeof left, "%s%s%s%s%s%s", option->name[1] != '\0' ? "--" : "-",
                 prefix ? fluxi_runtime_name : "", prefix ? "-" : "", option->name,
                 option->argument != NULL ? " " : "",
                 option->argument != NULL ? option->argument : "");
        fluxi_option_show(option, value, sizeof value);
        printf("  %-26s %s%s%s%s\n", left, option->help, *value != '\0' ? " (" : "", value,
               *value != '\0' ? ")" : "");
    }
}

static void help(const char *program)
{
    struct table table;
    printf("Usage: %s [OPTION]...%s%s\n", program, *about_operands != '\0' ? " " : "",
           about_operands);
    if (*about_summary != '\0')
        printf("%s\n", about_summary);
    for (size_t t = 2; table_at(t, &table); t++) {
        if (t == 2)
            printf("\nOptions:\n");
        help_table(t);
    }
    printf("\nRuntime %s: %s\n", fluxi_runtime_name, fluxi_runtime_summary);
    help_table(1);
    printf("\nEvery Flux program:\n");
    help_table(0);
    printf("  %-26s this text\n  %-26s name, version and runtime\n", "--help", "--version");
    printf("\nWhat is not on the command line is looked for in the environment: --max-flows 100\n"
           "may be given as FLUX_MAX_FLOWS=100.\n");
}

static void version(void)
{
    printf("%s%s%s (Flux, runtime %s)\n", flux_program.name, *about_version != '\0' ? " " : "",
           about_version, fluxi_runtime_name);
}

/* ---- reading --------------------------------------------------------------------------------- */

static int refuse(const char *program, const char *what, const char *name, const char *why)
{
    fprintf(stderr, "%s: %s%s: %s\n", program, what, name, why);
    return 2;
}

/* FLUX_MAX_FLOWS for max-flows. */
static void environment_name(size_t t, const struct flux_option *option, char name[NAME_SIZE + 24])
{
    char *to = stpcpy(name, "FLUX_");
    for (const char *from = gave_way(t, option) ? fluxi_runtime_name : ""; *from != '\0'; from++)
        *to++ = (char)toupper((unsigned char)*from);
    if (to > name + strlen("FLUX_"))
        *to++ = '_';
    for (const char *from = option->name; *from != '\0'; from++)
        *to++ = *from == '-' ? '_' : (char)toupper((unsigned char)*from);
    *to = '\0';
}

static int read_environment(const char *program)
{
    struct table table;
    for (size_t t = 0; table_at(t, &table); t++) {
        for (size_t i = 0; i < table.count; i++) {
            char name[NAME_SIZE + 24];
            environment_name(t, &table.options[i], name);
            const char *text = getenv(name), *wrong = NULL;
            if (text != NULL)
                wrong = fluxi_option_store(&table.options[i], text);
            if (wrong != NULL)
                return refuse(program, name, "", wrong);
        }
    }
    return -1;
}

/* Reads the option at argv[*at], which may take the argument behind it. */
static int read_option(const char *program, char **argv, int *at)
{
    const char *name = argv[*at] + (argv[*at][1] == '-' ? 2 : 1), *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct flux_option *option = option_find(name, length);
    const char *argument = equals != NULL ? equals + 1 : NULL, *wrong = NULL;

    if (option == NULL)
        return refuse(program, "no such option: ", argv[*at], "--help lists them");
    if (option->kind == FLUX_FLAG) {
        if (argument != NULL)
            return refuse(program, "--", option->name, "takes no argument");
        *(bool *)option->value = true;
        return -1;
    }
    if (argument == NULL && argv[*at + 1] != NULL)
        argument = argv[++*at];
    if (argument == NULL)
        return refuse(program, "--", option->name, "needs an argument");
    wrong = fluxi_option_store(option, argument);
    return wrong == NULL ? -1 : refuse(program, "--", option->name, wrong);
}

static bool has(char **argv, const char *word)
{
    for (int i = 1; argv[i] != NULL && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], word) == 0)
            return true;
    }
    return false;
}

/* "-o", where the option is called "o". */
static bool is_letter(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[2] == '\0' && option_find(word + 1, 1) != NULL;
}

int fluxi_options_read(int argc, char **argv)
{
    static char *none[] = {NULL};
    const char *program = argc > 0 ? argv[0] : flux_program.name;
    bool options = true;

    if (!tables_are_sound(program))
        return 2;
    operands = none;
    if (argc == 0)
        return read_environment(program);
    if (has(argv, "--help") || has(argv, "--version")) {
        if (has(argv, "--help"))
            help(program);
        else
            version();
        return fflush(stdout) == 0 ? 0 : 2;
    }
    int status = read_environment(program);
    /* Operands move to the front of argv, which no option that is still to be read stands on. */
    operands = argv + 1;
    for (int i = 1; i < argc && status < 0; i++) {
        if (options && strcmp(argv[i], "--") == 0)
            options = false;
        else if (options && (strncmp(argv[i], "--", 2) == 0 || is_letter(argv[i])))
            status = read_option(program, argv, &i);
        else if (options && argv[i][0] == '-' && argv[i][1] != '\0')
            status = refuse(program, "no such option: ", argv[i], "--help lists them");
        else if (*about_operands == '\0')
            status = refuse(program, "not an option: ", argv[i], "--help lists what is taken");
        else
            operands[operand_count++] = argv[i];
    }
    operands[operand_count] = NULL;
    return status;
}

/* drawing.c - compiles the program as fluxc does, writes the figures of the profile into its nodes,
 * and has the compiler draw it. */
#include "drawing.h"

#include "figures.h"
#include "passes.h"
#include "picture.h"
#include "table.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

struct making {
    struct arena *arena;
    const struct profile *profile;
    double time;      /* in all nodes, on core and blocked */
    double most_time; /* of one */
    double most_rate; /* of all that is drawn, a second */
};

/* ---- the program ----------------------------------------------------------------------------- */

static struct program *compile(struct arena *arena, const char *flux, const char *const *folders,
                               unsigned folder_count)
{
    struct program *program = arena_alloc(arena, sizeof *program);
    const char *slash = strrchr(flux, '/'), *name = slash != NULL ? slash + 1 : flux;
    size_t length = strlen(name);
    if (length > 5 && strcmp(name + length - 5, ".flux") == 0)
        length -= 5;
    program->arena = arena;
    program->diags = diags_new(arena);
    diags_option(program->diags, "-w");
    program->name = arena_intern(arena, name, length);
    struct ast *ast = parse(program, flux, folders, folder_count);
    if (program->file != NULL) {
        resolve(program, ast);
        types(program);
        graph(program);
        if (diags_errors(program->diags) == 0)
            locks(program);
    }
    diags_print(program->diags, stderr, isatty(STDERR_FILENO) != 0);
    return program->file != NULL && diags_errors(program->diags) == 0 ? program : NULL;
}

/* ---- figures --------------------------------------------------------------------------------- */

static double time_of(const struct node_profile *node)
{
    return node_cpu(node) + node_blocked(node);
}

static const struct choice_profile *choice_of(const struct making *making, const char *node,
                                              bool repeats)
{
    for (unsigned i = 0; i < making->profile->choices.count; i++) {
        const struct choice_profile *choice = &making->profile->choices.at[i];
        if (choice->node == node && choice->repeats == repeats)
            return choice;
    }
    return NULL;
}

static double per_second(const struct making *making, double count)
{
    return making->profile->seconds > 0 ? count / making->profile->seconds : 0;
}

/* How often it is entered. Of an abstract node that is what its arms or its first member say, which
 * has been looked at before (program->order), less the turns that it took by itself. */
static double count_of(const struct making *making, const struct node *node, const double *counts)
{
    const struct node_profile *profile = profile_node(making->profile, node->name);
    const struct choice_profile *choice =
        node->dispatches ? choice_of(making, node->name, false) : NULL;
    const struct choice_profile *turns = choice_of(making, node->name, true);
    double count = 0;
    if (profile != NULL)
        return profile->calls;
    for (unsigned i = 0; choice != NULL && i < choice->counts.count; i++)
        count += choice->counts.at[i];
    if (choice == NULL && node->arm_count == 1 && node->arms[0].member_count > 0)
        count = counts[node->arms[0].members[0].node->index];
    return turns != NULL && turns->counts.at[0] < count ? count - turns->counts.at[0] : count;
}

static void add_texts(const struct making *making, const struct node_profile *node,
                      struct figures *figures)
{
    char buffer[32];
    struct arena *arena = making->arena;
#define NUMBER(kind, number) arena_printf(arena, "%s", format_number(buffer, kind, number))
    if (node->calls == 0)
        return;
    figures->texts[0] = NUMBER(COLUMN_RATE, per_second(making, node->calls));
    if (spread_count(&node->cpu) > 0)
        figures->texts[0] =
            arena_printf(arena, "%s \xc3\x97 %s", figures->texts[0],
                         format_number(buffer, COLUMN_TIME, spread_mean(&node->cpu)));
    if (making->time > 0 && time_of(node) > 0)
        figures->texts[1] = NUMBER(COLUMN_SHARE, time_of(node) / making->time);
    if (node_blocked(node) > 0)
        figures->texts[2] =
            arena_printf(arena, "blocked %s",
                         format_number(buffer, COLUMN_TIME, node_blocked(node) / node->calls));
    if (node->errors > 0)
        figures->texts[3] =
            arena_printf(arena, "%s errors", format_number(buffer, COLUMN_COUNT, node->errors));
}

static void add_arms(const struct making *making, const struct node *node,
                     const struct choice_profile *choice, struct figures *figures)
{
    double *rates = arena_alloc(making->arena, node->arm_count * sizeof *rates), all = 0;
    const char **shares = arena_alloc(making->arena, node->arm_count * sizeof *shares);
    for (unsigned i = 0; i < choice->counts.count; i++)
        all += choice->counts.at[i];
    for (unsigned i = 0; i < node->arm_count; i++) {
        char buffer[32];
        double count = i < choice->counts.count ? choice->counts.at[i] : 0;
        rates[i] = per_second(making, count) / making->most_rate;
        shares[i] = arena_printf(making->arena, "%s",
                                 format_number(buffer, COLUMN_SHARE, all > 0 ? count / all : 0));
    }
    figures->arm_rates = rates;
    figures->arm_shares = shares;
}

/* ---- nodes in several places ----------------------------------------------------------------- *
 *
 * A node may stand twice on one way down, in two arms say: places are then in the order of the
 * text, as shapes are. A profile leaves out places that nobody has come to, which are those in arms
 * that nobody has taken.
 */

/* Whether a place lies at the end of this way down: all of them, or those within a definition that
 * is drawn once. */
static bool lies_there(const struct place_profile *place, const char *const *path, unsigned count)
{
    if (place->path.count < count)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (place->path.at[place->path.count - count + i] != path[i])
            return false;
    return true;
}

static bool same_place(const struct place_profile *a, const struct place_profile *b)
{
    return a->source == b->source && a->path.count == b->path.count &&
           lies_there(a, b->path.at, b->path.count);
}

/* Where the walk over the shapes of a row is. */
struct walk {
    struct making *making;
    bool never; /* in an arm that was not taken */
    VECTOR(const char *) path;
    VECTOR(const char *) seen; /* ways down to nodes before this one, joined */
};

/* How many nodes with the same way down come before this one. */
static unsigned twins_before(struct walk *walk)
{
    unsigned count = 0;
    const char *joined = "";
    for (unsigned i = 0; i < walk->path.count; i++)
        joined = arena_printf(walk->making->arena, "%s>%s", joined, walk->path.at[i]);
    joined = arena_intern_string(walk->making->arena, joined);
    for (unsigned i = 0; i < walk->seen.count; i++)
        count += walk->seen.at[i] == joined;
    vector_push(walk->making->arena, &walk->seen, joined);
    return count;
}

static void add_place(struct making *making, struct node_profile *sum,
                      const struct place_profile *place)
{
    sum->calls += place->calls;
    sum->errors += place->errors;
    spread_add(making->arena, &sum->cpu, &place->cpu, 1);
    spread_add(making->arena, &sum->blocked, &place->blocked, 1);
}

static void annotate_node(struct walk *walk, struct shape *shape)
{
    struct making *making = walk->making;
    const struct profile *profile = making->profile;
    struct node_profile sum = {.name = shape->node->name};
    unsigned twin = walk->never ? 0 : twins_before(walk), here = 0, all = 0;
    for (unsigned i = 0; i < profile->places.count; i++) {
        const struct place_profile *place = &profile->places.at[i];
        unsigned before = 0;
        all += place->node == sum.name;
        if (walk->never || place->node != sum.name ||
            !lies_there(place, walk->path.at, walk->path.count))
            continue;
        for (unsigned k = 0; k < i; k++)
            before += same_place(&profile->places.at[k], place);
        if (before != twin)
            continue;
        here++;
        add_place(making, &sum, place);
    }
    if ((here == 0 && !walk->never) || here == all)
        return;
    struct figures *figures = arena_alloc(making->arena, sizeof *figures);
    figures->rate = per_second(making, sum.calls) / making->most_rate;
    figures->heat = making->most_time > 0 ? sqrt(time_of(&sum) / making->most_time) : 0;
    add_texts(making, &sum, figures);
    shape->figures = figures;
}

static bool is_never(const struct walk *walk, const struct shape *choice, unsigned arm)
{
    const struct choice_profile *counts = choice_of(walk->making, choice->node->name, false);
    return counts != NULL && arm < counts->counts.count && counts->counts.at[arm] == 0;
}

static void annotate_shape(struct walk *walk, struct shape *shape)
{
    bool named = shape->kind == SHAPE_NODE || shape->kind == SHAPE_GROUP, never = walk->never;
    if (named)
        vector_push(walk->making->arena, &walk->path, shape->node->name);
    if (shape->kind == SHAPE_NODE)
        annotate_node(walk, shape);
    for (unsigned i = 0; i < shape->parts.count; i++) {
        walk->never = never || (shape->kind == SHAPE_CHOICE && is_never(walk, shape, i));
        annotate_shape(walk, shape->parts.at[i]);
        walk->never = never;
    }
    walk->path.count -= named;
    if (shape->handler != NULL) /* it stands where what it serves stands */
        annotate_shape(walk, shape->handler);
}

static void annotate(void *context, const struct picture *picture)
{
    for (unsigned i = 0; i < picture->rows.count; i++) {
        struct walk walk = {.making = context};
        annotate_shape(&walk, picture->rows.at[i].shape);
    }
}

static void add_figures(const struct making *making, struct node *node, double count)
{
    struct figures *figures = arena_alloc(making->arena, sizeof *figures);
    const struct node_profile *profile = profile_node(making->profile, node->name);
    const struct choice_profile *arms = choice_of(making, node->name, false);
    const struct choice_profile *turns = choice_of(making, node->name, true);
    figures->rate = per_second(making, count) / making->most_rate;
    if (profile != NULL) {
        figures->heat = making->most_time > 0 ? sqrt(time_of(profile) / making->most_time) : 0;
        add_texts(making, profile, figures);
    }
    if (node->dispatches && arms != NULL)
        add_arms(making, node, arms, figures);
    if (turns != NULL && turns->counts.at[0] > 0)
        figures->texts[0] =
            arena_printf(making->arena, "again %.1f %%",
                         100 * turns->counts.at[0] / (turns->counts.at[0] + turns->counts.at[1]));
    node->figures = figures;
}

static const struct figures_legend *legend_of(struct making *making)
{
    struct figures_legend *legend = arena_alloc(making->arena, sizeof *legend);
    legend->annotate = annotate;
    legend->context = making;
    char buffer[32], seconds[32];
    double requests = profile_requests(making->profile);
    legend->most_heat =
        arena_printf(making->arena, "%s",
                     format_number(buffer, COLUMN_SHARE,
                                   making->time > 0 ? making->most_time / making->time : 0));
    legend->most_rate =
        arena_printf(making->arena, "%s", format_number(buffer, COLUMN_RATE, making->most_rate));
    legend->subtitle = arena_printf(
        making->arena, "runtime %s, %s requests, %.1f %% of a core, %s", making->profile->runtime,
        format_number(buffer, COLUMN_RATE, per_second(making, requests)),
        100 * per_second(making, making->profile->cpu_seconds),
        format_number(seconds, COLUMN_TIME, making->profile->seconds * 1e9));
    return legend;
}

static void fill_in(struct making *making, struct program *program)
{
    unsigned count = program->nodes.count;
    double *counts = arena_alloc(making->arena, (count + 1) * sizeof *counts);
    for (unsigned i = 0; i < making->profile->nodes.count; i++) {
        double time = time_of(&making->profile->nodes.at[i]);
        making->time += time;
        making->most_time = fmax(making->most_time, time);
    }
    for (unsigned i = 0; i < count; i++) {
        const struct node *node = program->order[i];
        counts[node->index] = count_of(making, node, counts);
        making->most_rate = fmax(making->most_rate, per_second(making, counts[node->index]));
    }
    if (making->most_rate <= 0)
        making->most_rate = 1;
    for (unsigned i = 0; i < count; i++)
        add_figures(making, program->nodes.at[i], counts[program->nodes.at[i]->index]);
    program->figures = legend_of(making);
}

int profile_draw(struct profile *profile, const char *flux, const char *const *folders,
                 unsigned folder_count, FILE *out)
{
    struct making making = {.arena = profile->arena, .profile = profile};
    struct text text = {0};
    struct program *program = compile(profile->arena, flux, folders, folder_count);
    if (program == NULL)
        return 1;
    if (program->name != profile->program && profile->program[0] != '\0') {
        fprintf(stderr, "fluxprof: %s: the profile is of %s\n", flux, profile->program);
        return 1;
    }
    fill_in(&making, program);
    emit_svg(program, &text);
    if (text.failed == 0)
        fwrite(text.at, 1, text.size, out);
    else
        fprintf(stderr, "fluxprof: %s: %s\n", flux, strerror(text.failed));
    int status = text.failed == 0 ? 0 : 1;
    text_free(&text);
    return status;
}

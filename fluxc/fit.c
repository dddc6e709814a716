#include "fit.h"

#include <string.h>

enum {
    SAID_MAX = 2, /* errors about a list that fits nowhere */
    NOTED_MAX = 3 /* notes about where else it does not */
};

struct meeting {
    enum diag_id as;
    struct span span;
    struct party wanted, given;
};

/* Of a list that is written down; all nodes that have it by inference share it. */
struct standing {
    unsigned fitted; /* how often it met another that is equal */
    unsigned said, noted;
    struct diag *last; /* of the errors about it */
};

struct party node_takes(const struct node *node)
{
    return (struct party){node->name, "takes", &node->inputs, node->span, true};
}

struct party node_gives(const struct node *node)
{
    return (struct party){node->name, "gives", &node->outputs, node->span, true};
}

struct span party_place(const struct party *party)
{
    const struct fields *fields = party->fields;
    if (fields->count == 0)
        return fields->span.file != NULL ? fields->span : party->span;
    struct span span = fields->at[0].span, last = fields->at[fields->count - 1].span;
    if (span.file == last.file && last.end > span.end)
        span.end = last.end;
    return span;
}

const char *fit_values(struct arena *arena, unsigned count)
{
    return count == 0   ? "nothing"
           : count == 1 ? "1 value"
                        : arena_printf(arena, "%u values", count);
}

/* ---- how lists fare -------------------------------------------------------------------------- */

/* NULL: nobody has written it down, as what a clock gives. */
static struct standing *standing_of(struct fits *fits, const struct fields *list)
{
    if (list->at == NULL)
        return NULL;
    struct arena *arena = fits->program->arena;
    struct standing **slot =
        (struct standing **)(void *)table_at(arena, &fits->standings, (const char *)list->at);
    if (*slot == NULL)
        *slot = arena_alloc(arena, sizeof **slot);
    return *slot;
}

void fit_as(struct fits *fits, enum diag_id as, struct span span, struct party wanted,
            struct party given)
{
    if (wanted.fields->types != given.fields->types) {
        vector_push(fits->program->arena, &fits->meetings,
                    ((struct meeting){as, span, wanted, given}));
    } else if (wanted.fields->at != given.fields->at) {
        struct standing *sides[] = {standing_of(fits, wanted.fields),
                                    standing_of(fits, given.fields)};
        for (int i = 0; i < 2; i++)
            if (sides[i] != NULL)
                sides[i]->fitted++;
    }
}

void fit(struct fits *fits, struct span span, struct party wanted, struct party given)
{
    fit_as(fits, DIAG_COUNT, span, wanted, given);
}

bool fits_matter(struct fits *fits, const struct fields *list, struct span span)
{
    struct standing *standing = standing_of(fits, list);
    if (standing == NULL || standing->fitted > 0 || standing->said < SAID_MAX)
        return true;
    if (standing->noted++ < NOTED_MAX)
        diag_note(standing->last, span, "(%s) does not fit here either", list->types);
    return false;
}

void fits_reported(struct fits *fits, const struct fields *list, struct diag *diag)
{
    struct standing *standing = standing_of(fits, list);
    if (standing != NULL) {
        standing->said++;
        standing->last = diag;
    }
}

/* ---- what is said ---------------------------------------------------------------------------- */

static const char *subject(struct arena *arena, const struct party *party)
{
    return party->named ? arena_printf(arena, "'%s'", party->who) : party->who;
}

static struct diag *report_arity(struct program *program, const struct meeting *meeting)
{
    struct arena *arena = program->arena;
    const struct party *wanted = &meeting->wanted, *given = &meeting->given;
    const char *wants = subject(arena, wanted), *has = subject(arena, given);
    struct diag *diag =
        diag_report(program->diags, meeting->as == DIAG_COUNT ? DIAG_ARITY_MISMATCH : meeting->as,
                    meeting->span, "%s %s %s, but %s %s %s", wants, wanted->does,
                    fit_values(arena, wanted->fields->count), has, given->does,
                    fit_values(arena, given->fields->count));
    diag_note(diag, party_place(given), "%s %s (%s)", has, given->does, given->fields->types);
    diag_note(diag, party_place(wanted), "%s %s (%s)", wants, wanted->does, wanted->fields->types);
    return diag;
}

static struct diag *report_type(struct program *program, const struct meeting *meeting)
{
    struct arena *arena = program->arena;
    const struct party *wanted = &meeting->wanted, *given = &meeting->given;
    const char *wants = subject(arena, wanted), *has = subject(arena, given);
    unsigned i = 0;
    while (wanted->fields->at[i].type->text == given->fields->at[i].type->text)
        i++;
    const struct field *want = &wanted->fields->at[i], *get = &given->fields->at[i];
    struct diag *diag =
        diag_report(program->diags, meeting->as == DIAG_COUNT ? DIAG_TYPE_MISMATCH : meeting->as,
                    meeting->span, "%s %s '%s' as value %u, but %s %s '%s'", wants, wanted->does,
                    want->type->text, i + 1, has, given->does, get->type->text);
    diag_note(diag, get->span, "%s %s this", has, given->does);
    diag_note(diag, want->span, "%s %s this", wants, wanted->does);
    return diag;
}

void fits_report(struct fits *fits)
{
    for (unsigned i = 0; i < fits->meetings.count; i++) {
        const struct meeting *meeting = &fits->meetings.at[i];
        const struct fields *wanted = meeting->wanted.fields, *given = meeting->given.fields;
        if (!fits_matter(fits, wanted, meeting->span) || !fits_matter(fits, given, meeting->span))
            continue;
        struct diag *diag = wanted->count != given->count ? report_arity(fits->program, meeting)
                                                          : report_type(fits->program, meeting);
        fits_reported(fits, wanted, diag);
        fits_reported(fits, given, diag);
    }
}

/* fit.h - two lists of values that meet, and whether they fit (R9).
 *
 *      struct fits fits = {.program = program};
 *      fit(&fits, span, node_takes(compress), node_gives(read)); ...
 *      fits_report(&fits);
 *
 * All meetings are collected before anything is said: a list that fits nowhere is what is wrong,
 * and the other places where it does not fit follow from that.
 */
#ifndef FIT_H
#define FIT_H

#include "program.h"
#include "table.h"

/* A list and whose it is: "'Compress' takes". */
struct party {
    const char *who; /* a node's name, or several words */
    const char *does;
    const struct fields *fields;
    struct span span; /* of the node, for an empty list that is written down nowhere */
    bool named;       /* who is a name */
};

struct party node_takes(const struct node *node);
struct party node_gives(const struct node *node);

/* Where the list stands: its fields, or the node that is declared to have none. */
struct span party_place(const struct party *party);

/* "nothing", "1 value", "2 values". */
const char *fit_values(struct arena *arena, unsigned count);

struct meeting;
struct fits {
    struct program *program;
    VECTOR(struct meeting) meetings;
    struct table standings; /* by fields->at: how a list that is written down has fared */
};

/* What is given meets what is wanted, at `span`. as: what to report instead of a mismatch of types
 * or arity; DIAG_COUNT: nothing else. */
void fit_as(struct fits *fits, enum diag_id as, struct span span, struct party wanted,
            struct party given);
void fit(struct fits *fits, struct span span, struct party wanted, struct party given);

void fits_report(struct fits *fits);

/* After that: whether something else at `span` that does not fit the list is worth an error. If it
 * is not, since the list fits nowhere and enough has been said of it, that is noted. Else the error
 * is to be given to fits_reported. */
bool fits_matter(struct fits *fits, const struct fields *list, struct span span);
void fits_reported(struct fits *fits, const struct fields *list, struct diag *diag);

#endif

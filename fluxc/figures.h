/* figures.h - what a picture tells of a program that has run: fluxprof fills it in, and draws the
 * picture as the compiler does. Without figures (NULL) it looks as if there were none of this. */
#ifndef FIGURES_H
#define FIGURES_H

#include "text.h"

struct node;
struct picture;
struct shape;

enum { FIGURES_TEXTS = 4 };

/* Of a node. */
struct figures {
    const char *texts[FIGURES_TEXTS]; /* written in it; NULL: none */
    double heat;             /* 0 to 1: how much of the time it takes, of the one that takes most */
    double rate;             /* 0 to 1: how often it is entered, of the one that is most often */
    const double *arm_rates; /* of a dispatch, likewise, for each arm */
    const char *const *arm_shares; /* "90 %" */
};

/* Of a program. */
struct figures_legend {
    const char *subtitle;
    const char *most_heat, *most_rate; /* what 1 stands for: "41 %", "1 200/s" */
    /* Gives shapes figures of their own, where their node stands in several places. */
    void (*annotate)(void *context, const struct picture *picture);
    void *context;
};

/* NULL: there are none. */
const struct figures *figures_of(const struct shape *shape);

/* The fill of a box, "#ffe9b0"; NULL: that of its class. */
const char *figures_fill(const struct shape *shape, char buffer[8]);

/* For lines: a class to be appended, " w1" to " w8", or "". Of what enters the shape; of an arm. */
const char *figures_class(const struct shape *shape);
const char *figures_arm_class(const struct node *node, unsigned arm);

/* Defines these classes. */
void figures_style(struct text *out);
/* Explains the colours and widths, y being the middle. */
void figures_legend(const struct figures_legend *legend, struct text *out, int x, int y);

#endif

/* top.h - a program that runs, looked at again and again. */
#ifndef TOP_H
#define TOP_H

struct top_options {
    double interval; /* seconds */
    unsigned count;  /* of looks; 0: until q, or a signal */
};

/* On a terminal a screen, elsewhere a line for each look. Returns the status to exit with. */
int top(const struct top_options *options, const char *const *ports, unsigned count);

#endif

/* command.h - the simulator's command line: what is asked for, and what is printed. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "experiment.h"

/* The values that something takes in turn. */
struct range {
    double *values;
    unsigned count;
};

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

struct asked {
    struct model model;
    struct effort effort;
    struct range rates, cores;
    enum machine_kind kinds[3];
    unsigned kind_count;
    enum format format;
    const char *plot;  /* a gnuplot script is written there */
    unsigned arrivals; /* are all that is printed, if this is not 0 */
    bool quiet, load_given, threads_given, cut_given;
};

struct labelled {
    struct point point;
    const char *runtime;
    unsigned cores;
    double rate; /* or clients */
};

extern const char *const kind_names[];   /* by enum machine_kind */
extern const char *command_program_name; /* as it was called */

/* "1..9:2" and the like. whole: in steps of 1 unless they are given. NULL, or what is wrong. */
const char *range_read(struct range *to, const char *text, bool whole);

/* Returns -1 to go on, else the exit status: it has been said what is wrong, or --help. */
int command_read(struct asked *asked, int argc, char **argv);

/* Says that an option is wrong; returns the exit status. */
int command_fail(const char *option, const char *value, const char *why);

/* Prints the points, in the order in which they were run, and writes the plot if one is asked for.
 * Returns the exit status. */
int report_print(const struct asked *asked, const struct labelled *points, unsigned count);

#endif

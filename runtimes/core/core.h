/* core.h - what the files of the core know of each other and a runtime need not know. */
#ifndef FLUXI_CORE_H
#define FLUXI_CORE_H

#include "runtime.h"

/* ---- options.c ------------------------------------------------------------------------------- */

/* What the core's own options say. */
struct fluxi_settings {
    uint64_t grace;     /* --grace, nanoseconds */
    uint64_t processes; /* --processes; 0: no supervisor */
    enum flux_level level;
};
extern struct fluxi_settings fluxi_settings;

/* Reads environment and command line into the variables of all options. Returns -1 to go on, or
 * the status to exit with: 0 after --help and --version, 2 after a mistake, which has been told. */
int fluxi_options_read(int argc, char **argv);

/* The version that the server has told (flux_about); "". */
const char *fluxi_options_version(void);

/* ---- option_value.c -------------------------------------------------------------------------- */

/* Stores what `text` says where the option wants it; NULL, or what is wrong with it. */
const char *fluxi_option_store(const struct flux_option *option, const char *text);

/* The value an option has now, as --help shows it: "" when there is nothing to show. */
void fluxi_option_show(const struct flux_option *option, char *buffer, size_t size);

/* ---- processes.c ----------------------------------------------------------------------------- */

/* Forks `count` processes and looks after them. Returns -1 in each of them, which is to go on as a
 * program of its own, and the exit status in the parent once all have ended. */
int fluxi_processes_run(unsigned count);

/* Which of them this one is. */
extern unsigned fluxi_process_index;

/* ---- places: flow.c -------------------------------------------------------------------------- */

/* Where a flow of the source is that goes on at `at`; NULL: the tables do not say. */
const struct flux_place *fluxi_place_at(const struct flux_source *source, uint32_t at);

/* "Image > Handler > Compress": the chain of places read from the top, cut off at the left where it
 * does not fit. It begins somewhere in the buffer, which has room for 4 at least. */
const char *fluxi_path_text(const struct flux_place *place, char *buffer, size_t size);

/* ---- constraint.c ---------------------------------------------------------------------------- */

/* Logs which constraints of program scope flows wait for. */
void fluxi_constraints_summary(void);

/* ---- frame.c, flow.c, session.c, source.c ---------------------------------------------------- */

struct flux_flow *fluxi_frame_get(size_t size); /* indeterminate; NULL: no memory */
void fluxi_frame_put(struct flux_flow *flow);
void fluxi_frames_free(void);

void fluxi_flow_number(struct flux_flow *flow);
void fluxi_errors_summary(void);

void fluxi_sessions_free(void);

int fluxi_sources_make(void);                               /* 0 or ENOMEM */
void fluxi_sources_forbid(const struct flux_source *table); /* all copies; NULL: of all sources */
void fluxi_sources_free(void);

/* ---- main.c, processes.c --------------------------------------------------------------------- */

/* Before an end without exit(), by which a build for coverage would lose what it has counted. */
#ifdef FLUX_COVERAGE
void __gcov_dump(void);
#define fluxi_counters_write() __gcov_dump()
#else
#define fluxi_counters_write() ((void)0)
#endif

/* ---- clock.c --------------------------------------------------------------------------------- */

void fluxi_clock_ended(struct fluxi_source *source);

#endif

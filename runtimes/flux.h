/* flux.h - what the author of nodes may call, under every runtime.
 *
 * A node is an ordinary sequential function, `int Name(Name_in *in, Name_out *out)`. It returns 0
 * or an error code, and it may block: the runtime makes only its own flow wait (R34). Everything
 * here may be called from a node, a predicate, a handler, a session function, `initial` and
 * `final`, in C or C++, unless its comment says otherwise. The functions that speak of "the flow"
 * mean the flow that is calling; in a node of a source that is the flow about to start, so memory
 * and deferred actions of a source go along with the flow it starts, and are undone at once when
 * the source returns an error.
 */
#ifndef FLUX_H
#define FLUX_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Error codes (R8). A node returns 0, a positive errno value or any other non-zero code of its
 * own; the codes below -4095 belong to the project. */
#define FLUX_ENOMATCH (-4096) /* no arm of a dispatch matched (R21) */
#define FLUX_STOP (-4097)     /* from a node of a source: this source is finished (R14) */

/* A short description of an error code, in static or thread-local storage: strerror's text, the
 * project's own texts, or "error N". */
const char *flux_strerror(int error);

/* ---- memory and actions that live as long as the flow ---------------------------------------- */

/* Zeroed memory, aligned for any type, freed when the flow ends, after its deferred actions.
 * Returns NULL when there is none (or outside a flow); the node then returns ENOMEM. */
void *flux_alloc(size_t size);

/* Runs action(argument) when the flow ends, however it ends, in reverse order of registration,
 * after `finally` and with no constraint held. The action may block. Returns 0 or ENOMEM; after
 * ENOMEM the action will not run. */
int flux_defer(void (*action)(void *argument), void *argument);

/* ---- who is running -------------------------------------------------------------------------- */

/* The flow's number, unique in this process, from 1; 0 outside a flow. */
uint64_t flux_flow_id(void);

/* The flow's session (R17); 0 where its source has no session function. */
uint64_t flux_session_id(void);

/* In a handler and below it: the name of the node that failed, and its code. NULL and 0 elsewhere.
 */
const char *flux_failed_node(void);
int flux_failed_code(void);

/* ---- the program as it runs ------------------------------------------------------------------ */

/* How busy this process is; a snapshot, cheap enough for a predicate. */
struct flux_load {
    uint64_t flows;   /* started and not ended */
    uint64_t queued;  /* of these, waiting for a worker or a loop */
    uint64_t limit;   /* --max-flows */
    unsigned workers; /* threads or loops that run flows */
};
struct flux_load flux_load(void);

/* Nanoseconds of the monotonic clock. */
uint64_t flux_now(void);

/* True from SIGTERM or SIGINT on; in a source, also once another copy of it has returned FLUX_STOP:
 * nodes of a source that loop should return. */
bool flux_stopping(void);

/* "thread", "pool", "event" or "trace". */
const char *flux_runtime_name(void);

/* ---- log ------------------------------------------------------------------------------------- */

enum flux_level { FLUX_ERROR, FLUX_WARNING, FLUX_INFO, FLUX_DEBUG };

#if defined(__GNUC__)
#define FLUX_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FLUX_PRINTF(text, first)
#endif

/* One line on standard error, with time, level and flow; dropped above --log-level. A line is
 * written with one system call and is never mixed with another. */
void flux_log(enum flux_level level, const char *format, ...) FLUX_PRINTF(2, 3);

/* ---- options of the server ------------------------------------------------------------------- */

/* An option that the server adds to the command line of the program. Value: option, then
 * environment (FLUX_NAME, upper case, '-' as '_'), then what the variable held before. */
enum flux_option_kind {
    FLUX_FLAG,   /* bool *: --name, no argument */
    FLUX_NUMBER, /* uint64_t *: decimal, within minimum..maximum */
    FLUX_SIZE,   /* uint64_t *: a number of bytes, K M G (1024) accepted */
    FLUX_TIME,   /* uint64_t * nanoseconds: "30" (seconds), "1.5s", "200ms", "2min" */
    FLUX_STRING, /* const char **: points into argv or the environment */
    FLUX_CALL    /* int (*)(const char *argument): may be given several times; non-zero: refused */
};

struct flux_option {
    const char *name;     /* without the dashes; one letter has one: -o */
    const char *argument; /* "DIR"; NULL for a flag */
    const char *help;     /* one line, no full stop */
    enum flux_option_kind kind;
    void *value;             /* by kind, see above; unused for FLUX_CALL */
    uint64_t minimum;        /* FLUX_NUMBER, FLUX_SIZE, FLUX_TIME */
    uint64_t maximum;        /* 0: no maximum */
    int (*call)(const char *argument); /* FLUX_CALL: 0, or an errno value to refuse */
};

/* Adds `count` options to the program's; the table must live for ever. Before main. */
void flux_options_add(const struct flux_option *options, size_t count);

/* At file scope, in C or C++: FLUX_OPTIONS(table); registers a static array. */
#define FLUX_OPTIONS(table)                                                                        \
    __attribute__((constructor)) static void flux_options_register_##table(void)                   \
    {                                                                                              \
        flux_options_add(table, sizeof(table) / sizeof((table)[0]));                               \
    }                                                                                              \
    struct flux_options_semicolon_##table

/* What the program is called and does, for --help: FLUX_ABOUT("serves images", "[FILE...]"); the
 * second says what may follow the options ("" : nothing, and anything is refused). */
void flux_about(const char *summary, const char *operands, const char *version);
#define FLUX_ABOUT(summary, operands, version)                                                     \
    __attribute__((constructor)) static void flux_about_register(void)                             \
    {                                                                                              \
        flux_about(summary, operands, version);                                                    \
    }                                                                                              \
    struct flux_about_semicolon

/* What followed the options on the command line; a NULL-terminated array that lives for ever. */
char *const *flux_operands(int *count);

#ifdef __cplusplus
}
#endif
#endif

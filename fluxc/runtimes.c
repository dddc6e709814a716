#include "passes.h"

/* A runtime is a row here and a folder in runtimes/; the first one is the default. */
const struct runtime_row runtime_rows[] = {
    {.name = "thread", .about = "a thread for each flow"},
    {.name = "pool", .about = "a fixed number of threads and a queue"},
    {.name = "event", .about = "an event loop for each processor"},
    {.name = "trace",
     .about = "one step at a time, in an order that a seed decides",
     .steps = true},
    {.name = NULL},
};

/* plan.h - what the command line asks for. */
#ifndef PLAN_H
#define PLAN_H

#include "sim/workload.h"

#include <netdb.h>

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };

extern struct plan {
    struct workload workload;
    const char *load;           /* its text */
    uint64_t duration, warm_up; /* nanoseconds; duration 0: until `requests`, or the trace's end */
    uint64_t requests;          /* 0: any number */
    uint64_t seed, connections, timeout, connect_timeout, max_lag, arrivals;
    const char *method, *body, *zipf; /* of requests; requests.h makes something of them */
    enum format format;
    bool no_keep_alive, force, quiet;
    const char *label, *label_cores; /* of what is measured, for plots */

    bool tls;
    const char *url; /* the first one */
    char host[256], port[8], authority[272];
    struct addrinfo *address; /* that is dialled */
} plan;

/* Looks at all that was given. Returns 0 or an error number, with a line logged. */
int plan_settle(void);
void plan_free(void);

#endif

/* requests.h - what is asked for, and the texts of these requests.
 *
 * A target is a number: of a URL of the command line, of a page by its popularity (--zipf), or of a
 * line of a trace.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "fluxload.h"

/* "[WEIGHT*]URL" of the command line. NULL, or what is wrong, in static storage. */
const char *requests_add(const char *text);

/* "NAME: VALUE" of --header. Returns 0, EINVAL or ENOMEM. */
int requests_add_field(const char *text);

/* Once the plan is settled. Returns 0 or an error number, with a line logged. */
int requests_prepare(void);
void requests_free(void);

/* A target by weights or popularity. */
uint32_t requests_pick(struct sim_random *random);

/* Sets text and length of the client's request. Returns 0 or ENOMEM. */
int requests_compose(client *me);

/* Whether a request asks for no body. */
bool requests_of_head(void);

#endif

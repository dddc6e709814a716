/* session.h - the sessions that are alive (R17, R32): one for each id that a flow belongs to.
 *
 * A session holds its own set of the program's session constraints. It is made by the first flow
 * that joins, found by id, and freed with the last flow that leaves. A program without session
 * constraints has none: then a session is no more than its number.
 */
#ifndef FLUXI_SESSION_H
#define FLUXI_SESSION_H

#include "runtime.h"

struct flux_session {
    uint64_t id;
    uint64_t flows;                       /* that have joined and not left */
    struct flux_session *next;            /* in its bucket */
    struct flux_constraint constraints[]; /* flux_program.session_constraint_count */
};

#endif

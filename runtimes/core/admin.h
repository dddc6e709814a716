/* admin.h - the admin port, `--admin=ADDR:PORT`: what a program says of itself, to whoever asks by
 * HTTP. docs/profile.md has its pages.
 *
 * The sockets are opened before `initial`, one for each process, so that a port that is taken is an
 * error at the start, and a process that is started anew has the port of the one before it. The
 * thread that serves them is the process's own.
 */
#ifndef FLUXI_ADMIN_H
#define FLUXI_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

/* ---- admin.c: the sockets and the thread ----------------------------------------------------- */

/* For --admin. 0 or EINVAL. */
int fluxi_admin_option(const char *address);

/* Opens a socket for each of `count` processes, and logs where they are. 0, or an error number, of
 * which has been told; then none is open. Without --admin it does nothing, as does all else. */
int fluxi_admin_open(unsigned count);
/* Of the sockets that are open this process keeps the one with that index. */
void fluxi_admin_keep(unsigned index);
void fluxi_admin_close(void);

/* Around fluxi_runtime_start: the thread is made before it, and answers once fluxi_admin_serve has
 * been called. Ended before fluxi_runtime_join; a second end does nothing. */
int fluxi_admin_start(void);
void fluxi_admin_serve(void);
void fluxi_admin_end(void);

/* ---- admin_page.c: what is answered ---------------------------------------------------------- */

/* The answer to a request of `size` bytes, whose head is complete or which is as large as is
 * allowed: NULL if there is no memory. To be freed; *length is its size. */
char *fluxi_admin_answer(const char *request, size_t size, size_t *length);

#endif

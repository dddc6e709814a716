/* web.h - what the nodes of the web server share. */
#ifndef WEB_H
#define WEB_H

#include "connection.h"
#include "files.h"
#include "gateway.h"
#include "ranges.h"
#include "spare.h"

#include <limits.h>

/* A request while it is served, and what it leads to. */
typedef struct web_request {
    struct exchange exchange; /* its buffer stands behind the request */
    enum method { GET, HEAD, OPTIONS, OTHER } method;
    bool head_only;
    int error;                   /* of the path: said once the body has been passed over */
    bool fresh;                  /* the file can be used as it is */
    struct file *file;           /* NULL, or referenced */
    struct file *found;          /* what has been opened, until it is kept */
    uint64_t looked;             /* when that began */
    bool takes_gzip;             /* and it is worth it */
    const struct file *gzip;     /* the file compressed; NULL: there is none */
    struct file *compressed;     /* what has been compressed, until it is kept */
    struct response_part *parts; /* of several ranges, NULL otherwise */
    struct gateway gateway;      /* of a script */
    char path[PATH_MAX];         /* within the root */
} web_request;

/* A connection. While it is idle there is nothing else of it. */
typedef struct client {
    struct connection connection;
    web_request *request; /* NULL while idle */
} client;

/* Answers with the ranges of the file that the request asks for. *answered: it does ask for some.
 * Returns ERANGE where there is nothing of the kind, or ENOMEM. */
int partial_answer(web_request *request, const struct file *file, bool *answered);

/* Set by `initial`, read-only from then on. */
struct settings {
    const char *root;
    uint64_t cache_bytes, cache_entries;
    struct file_options files;
    bool links_within, links_anywhere;
};
extern struct settings settings;

extern struct spare requests; /* with their buffers */

/* Shared by all flows; a node that uses one holds the constraint of its name. */
extern struct files *files;
extern struct clients *clients;

/* Scripts: what `initial` and `final` do about them. */
int php_open(void);
void php_close(void);
uint64_t php_descriptors(void);

/* Most nodes pass on what they were given. */
#define PASS_ON(in, out)                                                                           \
    ((out)->socket = (in)->socket, (out)->patience = (in)->patience, (out)->peer = (in)->peer)

#endif

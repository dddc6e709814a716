/* calls_name.c - look-ups of names, which go to a helper thread: what the library does inside them
 * (sockets, files, plug-ins) cannot be intercepted. Their arguments lie on the carrier's stack,
 * which stays where it is until they return; errno and h_errno come back with the result. */
#undef _FORTIFY_SOURCE
#include "loop/calls.h"

#define BRACES(...)                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

/* Defines a call and the job that takes it to a helper. `fields` are its parameters as members of a
 * structure, `names` the same in parentheses, `passed` the members of the structure `with`. */
#define LOOK_UP(type, name, parameters, fields, names, passed)                                     \
    struct name##_arguments fields;                                                                \
    struct name##_job {                                                                            \
        struct job job;                                                                            \
        type result;                                                                               \
        int host_error;                                                                            \
        struct name##_arguments with;                                                              \
    };                                                                                             \
    static void name##_on_helper(struct job *job)                                                  \
    {                                                                                              \
        struct name##_job *look_up = FLUXI_CONTAINER(job, struct name##_job, job);                 \
        const struct name##_arguments *with = &look_up->with;                                      \
        look_up->result = REAL(name) passed;                                                       \
        look_up->host_error = h_errno;                                                             \
    }                                                                                              \
    type fluxi_call_##name parameters                                                              \
    {                                                                                              \
        if (!fluxi_calls_act())                                                                    \
            return REAL(name) names;                                                               \
        struct name##_job look_up = {.job.run = name##_on_helper, .with = BRACES names};           \
        fluxi_helper_run(&look_up.job);                                                            \
        h_errno = look_up.host_error;                                                              \
        return look_up.result;                                                                     \
    }

LOOK_UP(
    int, getaddrinfo,
    (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found),
    {
        const char *node;
        const char *service;
        const struct addrinfo *hints;
        struct addrinfo **found;
    },
    (node, service, hints, found), (with->node, with->service, with->hints, with->found))

LOOK_UP(
    int, getnameinfo,
    (const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size,
     char *service, socklen_t service_size, int flags),
    {
        const struct sockaddr *address;
        socklen_t length;
        char *host;
        socklen_t host_size;
        char *service;
        socklen_t service_size;
        int flags;
    },
    (address, length, host, host_size, service, service_size, flags),
    (with->address, with->length, with->host, with->host_size, with->service, with->service_size,
     with->flags))

LOOK_UP(
    struct hostent *, gethostbyname, (const char *name), { const char *name; }, (name),
    (with->name))

LOOK_UP(
    struct hostent *, gethostbyname2, (const char *name, int family),
    {
        const char *name;
        int family;
    },
    (name, family), (with->name, with->family))

LOOK_UP(
    struct hostent *, gethostbyaddr, (const void *address, socklen_t length, int family),
    {
        const void *address;
        socklen_t length;
        int family;
    },
    (address, length, family), (with->address, with->length, with->family))

LOOK_UP(
    int, gethostbyname_r,
    (const char *name, struct hostent *host, char *buffer, size_t size, struct hostent **found,
     int *error),
    {
        const char *name;
        struct hostent *host;
        char *buffer;
        size_t size;
        struct hostent **found;
        int *error;
    },
    (name, host, buffer, size, found, error),
    (with->name, with->host, with->buffer, with->size, with->found, with->error))

LOOK_UP(
    int, gethostbyname2_r,
    (const char *name, int family, struct hostent *host, char *buffer, size_t size,
     struct hostent **found, int *error),
    {
        const char *name;
        int family;
        struct hostent *host;
        char *buffer;
        size_t size;
        struct hostent **found;
        int *error;
    },
    (name, family, host, buffer, size, found, error),
    (with->name, with->family, with->host, with->buffer, with->size, with->found, with->error))

LOOK_UP(
    int, gethostbyaddr_r,
    (const void *address, socklen_t length, int family, struct hostent *host, char *buffer,
     size_t size, struct hostent **found, int *error),
    {
        const void *address;
        socklen_t length;
        int family;
        struct hostent *host;
        char *buffer;
        size_t size;
        struct hostent **found;
        int *error;
    },
    (address, length, family, host, buffer, size, found, error),
    (with->address, with->length, with->family, with->host, with->buffer, with->size, with->found,
     with->error))

/* The admin port where things fail: addresses, sockets, descriptors, memory, threads, clients that
 * come, go, dawdle, and want too much. tests/run/admin-port is a program that is well. */
#include "admin.h"

#include "allocation.h"
#include "capture.h"
#include "core.h"
#include "metrics.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- calls that fail when they are told to --------------------------------------------------- */

/* Errors of the next call of each; 0: it does not fail. */
static int socket_error, listen_error, name_error, text_error, event_error, thread_error;
static _Atomic int accept_error, receive_error, send_error, poll_error;
static _Atomic unsigned accepts;
static uint64_t later;           /* what the clock is ahead by */
static _Atomic bool send_little; /* a byte at a time, each of which takes 4 s */
/* How many streams and files still can be opened, and closed; negative: all. */
static _Atomic int streams_left = -1, closes_left = -1;
static int profile_result = ENOTSUP;
static const char *stat_line; /* what is in /proc/self/stat; "": nothing */
static bool no_stat, no_folder, no_limit;

#define REAL(type, name, ...)                                                                      \
    static type (*real)(__VA_ARGS__);                                                              \
    if (real == NULL)                                                                              \
    real = (type(*)(__VA_ARGS__))(uintptr_t)dlsym(RTLD_NEXT, name)

static bool fails(_Atomic int *error)
{
    errno = atomic_exchange(error, 0);
    return errno != 0;
}

int socket(int domain, int type, int protocol)
{
    REAL(int, "socket", int, int, int);
    errno = socket_error;
    return socket_error != 0 ? -1 : real(domain, type, protocol);
}

int listen(int fd, int backlog)
{
    REAL(int, "listen", int, int);
    errno = listen_error;
    return listen_error != 0 ? -1 : real(fd, backlog);
}

int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *restrict length)
{
    REAL(int, "getsockname", int, struct sockaddr *, socklen_t *);
    errno = name_error;
    return name_error != 0 ? -1 : real(fd, address.__sockaddr__, length);
}

int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_size,
                char *service, socklen_t service_size, int flags)
{
    REAL(int, "getnameinfo", const struct sockaddr *, socklen_t, char *, socklen_t, char *,
         socklen_t, int);
    return text_error != 0 ? text_error
                           : real(address, length, host, host_size, service, service_size, flags);
}

int eventfd(unsigned count, int flags)
{
    REAL(int, "eventfd", unsigned, int);
    errno = event_error;
    return event_error != 0 ? -1 : real(count, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    REAL(int, "pthread_create", pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    return thread_error != 0 ? thread_error : real(thread, attributes, start, argument);
}

int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict length, int flags)
{
    REAL(int, "accept4", int, struct sockaddr *, socklen_t *, int);
    atomic_fetch_add(&accepts, 1);
    return fails(&accept_error) ? -1 : real(fd, address.__sockaddr__, length, flags);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    REAL(ssize_t, "recv", int, void *, size_t, int);
    return flags != MSG_WAITALL && fails(&receive_error) ? -1 : real(fd, data, size, flags);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    REAL(ssize_t, "send", int, const void *, size_t, int);
    if (flags == MSG_NOSIGNAL && send_little) {
        __atomic_fetch_add(&later, UINT64_C(4000000000), __ATOMIC_RELAXED);
        size = 1;
    }
    return flags == MSG_NOSIGNAL && fails(&send_error) ? -1 : real(fd, data, size, flags);
}

int poll(struct pollfd *polls, nfds_t count, int timeout)
{
    REAL(int, "poll", struct pollfd *, nfds_t, int);
    return fails(&poll_error) ? -1 : real(polls, count, timeout);
}

uint64_t flux_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec +
           __atomic_load_n(&later, __ATOMIC_RELAXED);
}

static bool used_up(_Atomic int *left)
{
    return *left == 0 || (*left > 0 && atomic_fetch_sub(left, 1) == 0);
}

FILE *open_memstream(char **text, size_t *size)
{
    REAL(FILE *, "open_memstream", char **, size_t *);
    return used_up(&streams_left) ? NULL : real(text, size);
}

int fclose(FILE *file)
{
    REAL(int, "fclose", FILE *);
    int result = real(file);
    return used_up(&closes_left) ? EOF : result;
}

int fluxi_profile_print(FILE *to)
{
    fputs("{}", to);
    return profile_result;
}

FILE *fopen(const char *name, const char *mode)
{
    REAL(FILE *, "fopen", const char *, const char *);
    if (no_stat && strcmp(name, "/proc/self/stat") == 0)
        return NULL;
    return real(name, mode);
}

char *fgets(char *line, int size, FILE *file)
{
    REAL(char *, "fgets", char *, int, FILE *);
    if (stat_line == NULL)
        return real(line, size, file);
    return *stat_line == '\0' ? NULL : strcpy(line, stat_line);
}

DIR *opendir(const char *name)
{
    REAL(DIR *, "opendir", const char *);
    return no_folder ? NULL : real(name);
}

int getrlimit(__rlimit_resource_t which, struct rlimit *limit)
{
    REAL(int, "getrlimit", __rlimit_resource_t, struct rlimit *);
    int result = real(which, limit);
    if (no_limit)
        limit->rlim_cur = RLIM_INFINITY;
    return result;
}

/* ---- the port -------------------------------------------------------------------------------- */

static const char *said;
static int opened;
static unsigned processes = 1;

static void open_port(void)
{
    opened = fluxi_admin_open(processes);
}

static uint16_t port_in(const char *text)
{
    const char *colon = strrchr(text, ':');
    assert_non_null(colon);
    return (uint16_t)atoi(colon + 1);
}

static uint16_t start(void)
{
    assert_int_equal(fluxi_admin_option("127.0.0.1:0"), 0);
    said = capture(open_port);
    assert_int_equal(opened, 0);
    uint16_t port = port_in(said);
    fluxi_admin_keep(0);
    assert_int_equal(fluxi_admin_start(), 0);
    fluxi_admin_serve();
    return port;
}

static int client_of(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* All that comes back, which is "" where the connection is closed. */
static const char *answer_to(uint16_t port, const char *request)
{
    static char text[65536];
    int fd = client_of(port);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    ssize_t got = recv(fd, text, sizeof text - 1, MSG_WAITALL);
    text[got > 0 ? got : 0] = '\0';
    close(fd);
    return text;
}

static void assert_begins(const char *text, const char *with)
{
    if (strncmp(text, with, strlen(with)) != 0)
        assert_string_equal(text, with);
}

#define GET(path) "GET " path " HTTP/1.1\r\n\r\n"

/* ---- addresses ------------------------------------------------------------------------------- */

static void option__malformed__refused(void **state)
{
    static const char *const wrong[] = {"127.0.0.1", "a:",     "a:x1",   "a:65536",
                                        "a:123456",  "::1:80", "[::1:80"};
    char *long_name = calloc(1, 400);
    (void)state;
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(fluxi_admin_option(wrong[i]), EINVAL);
    assert_non_null(long_name);
    memset(long_name, 'a', 300);
    memcpy(long_name + 300, ":80", 4);
    assert_int_equal(fluxi_admin_option(long_name), EINVAL);
    free(long_name);
}

/* Without --admin nothing happens. */
static void none__wanted__nothing_is_done(void **state)
{
    (void)state;
    assert_string_equal(capture(open_port), "");
    assert_int_equal(opened, 0);
    fluxi_admin_keep(0);
    assert_int_equal(fluxi_admin_start(), 0);
    fluxi_admin_serve();
    fluxi_admin_end();
    fluxi_admin_close();
}

static void refused(const char *address, const char *why)
{
    assert_int_equal(fluxi_admin_option(address), 0);
    said = capture(open_port);
    assert_int_not_equal(opened, 0);
    if (strstr(said, why) == NULL)
        assert_string_equal(said, why);
}

static void open__something_fails__said_with_the_address(void **state)
{
    (void)state;
    socket_error = EMFILE;
    refused("127.0.0.1:0", "--admin: cannot listen on 127.0.0.1:0: Too many open files");
    socket_error = 0;
    listen_error = EADDRINUSE;
    refused("[::1]:0", "--admin: cannot listen on [::1]:0: ");
    listen_error = 0;
    name_error = ENOBUFS;
    refused(":0", "No buffer space available");
    name_error = 0;
    text_error = EAI_FAIL;
    refused("127.0.0.1:0", "Invalid argument");
    text_error = 0;
    refused("no such host:1", "--admin: cannot listen on no such host:1: ");
    processes = 2;
    refused("127.0.0.1:65535", "there is no such port");
    processes = 1;
    allocations_left = 0;
    refused("127.0.0.1:0", "Cannot allocate memory");
    allocations_left = -1;
}

static void keep__one_of_two__the_other_is_closed(void **state)
{
    (void)state;
    processes = 2;
    assert_int_equal(fluxi_admin_option("127.0.0.1:0"), 0);
    said = capture(open_port);
    processes = 1;
    assert_int_equal(opened, 0);
    uint16_t port = port_in(said); /* of the second one */
    fluxi_admin_keep(1);
    fluxi_admin_keep(7); /* there is none */
    assert_int_equal(fluxi_admin_start(), 0);
    fluxi_admin_serve();
    fluxi_admin_serve();
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 OK\r\n");
    fluxi_admin_end();
    fluxi_admin_end();
}

static void start_fails(void)
{
    opened = fluxi_admin_start();
}

static void start__no_thread__said(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(fluxi_admin_option("127.0.0.1:0"), 0);
        capture(open_port);
        fluxi_admin_keep(0);
        thread_error = i == 0 ? EAGAIN : 0;
        event_error = i == 1 ? EMFILE : 0;
        said = capture(start_fails);
        assert_int_equal(opened, i == 0 ? EAGAIN : EMFILE);
        assert_non_null(strstr(said, "error: start: no thread for --admin: "));
        thread_error = event_error = 0;
    }
}

/* Where the runtime does not start, the thread that waits for it is let go. */
static void end__before_it_served__ends(void **state)
{
    (void)state;
    assert_int_equal(fluxi_admin_option("127.0.0.1:0"), 0);
    capture(open_port);
    fluxi_admin_keep(0);
    assert_int_equal(fluxi_admin_start(), 0);
    fluxi_admin_end();
}

/* ---- requests -------------------------------------------------------------------------------- */

static void request__of_each_kind__its_status(void **state)
{
    static const struct {
        const char *request, *status;
    } cases[] = {
        {GET("/"), "200 OK"},
        {GET("/healthz"), "200 OK"},
        {GET("/healthz?x"), "200 OK"},
        {GET("http://h/healthz"), "200 OK"},
        {GET("HTTP://h"), "200 OK"},
        {"GET /healthz HTTP/1.0\n\n", "200 OK"},
        {"GET /healthz HTTP/1.0\n\r\n\r\n", "200 OK"},
        {"HEAD /metrics HTTP/1.1\r\nA: b\r\n\r\n", "200 OK"},
        {GET("/metrics"), "200 OK"},
        {GET("/profile"), "404 Not Found"},
        {GET("/health"), "404 Not Found"},
        {"POST /healthz HTTP/1.1\r\n\r\n", "405 Method Not Allowed"},
        {" /healthz HTTP/1.1\r\n\r\n", "400 Bad Request"},
        {"GET  HTTP/1.1\r\n\r\n", "400 Bad Request"},
        {"GET /healthz\r\n\r\n", "400 Bad Request"},
        {"GET /healthz SMTP/1.1\r\n\r\n", "400 Bad Request"},
    };
    (void)state;
    uint16_t port = start();
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *answer = answer_to(port, cases[i].request);
        assert_begins(answer, "HTTP/1.1 ");
        assert_begins(answer + 9, cases[i].status);
        assert_non_null(strstr(answer, "\r\nConnection: close\r\n"));
        bool head = cases[i].request[0] == 'H';
        assert_int_equal(strstr(answer, "\r\n\r\n")[4] == '\0', head);
    }
    atomic_store(&fluxi_stopping, true);
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 503 Service Unavailable\r\n");
    atomic_store(&fluxi_stopping, false);
    fluxi_admin_end();
}

static void request__too_large__431(void **state)
{
    static char request[5000];
    (void)state;
    uint16_t port = start();
    memset(request, 'x', 4096);
    assert_begins(answer_to(port, request), "HTTP/1.1 431 ");
    memcpy(request, "GET / HTTP/1.1\r\n", 16);
    assert_begins(answer_to(port, request), "HTTP/1.1 431 ");
    fluxi_admin_end();
}

static void request__calls_fail__the_connection_is_closed(void **state)
{
    (void)state;
    uint16_t port = start();
    receive_error = ECONNRESET;
    assert_string_equal(answer_to(port, GET("/healthz")), "");
    send_error = EPIPE;
    assert_string_equal(answer_to(port, GET("/healthz")), "");
    /* Interrupted, they are tried again. */
    receive_error = EINTR;
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    send_error = EAGAIN;
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    poll_error = EINTR;
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    accept_error = ECONNABORTED;
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    fluxi_admin_end();
}

static void accept__no_descriptors__tried_again_later(void **state)
{
    static const int shortages[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
    (void)state;
    uint16_t port = start();
    for (unsigned i = 0; i < sizeof shortages / sizeof shortages[0]; i++) {
        unsigned before = accepts;
        accept_error = shortages[i];
        assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
        assert_int_equal(accepts, before + 2);
    }
    fluxi_admin_end();
}

static bool is_closed(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_WAITALL) <= 0;
}

static void clients__silent__turned_out_for_others(void **state)
{
    int silent[12];
    (void)state;
    uint16_t port = start();
    unsigned before = accepts;
    for (unsigned i = 0; i < 12; i++)
        silent[i] = client_of(port);
    while (accepts < before + 8)
        usleep(100);
    __atomic_store_n(&later, UINT64_C(6000000000), __ATOMIC_RELAXED);
    close(client_of(port));
    /* The thread sees the time when something happens, or its five seconds are over. */
    for (unsigned i = 0; i < 8; i++)
        assert_true(is_closed(silent[i]));
    for (unsigned i = 0; i < 12; i++)
        close(silent[i]);
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    fluxi_admin_end();
}

/* What a client sends beyond its request is read until it goes; one that goes is forgotten. */
static void clients__send_more_or_leave__do_no_harm(void **state)
{
    char byte[16];
    (void)state;
    uint16_t port = start();
    int fd = client_of(port);
    assert_int_equal(send(fd, GET("/healthz"), sizeof GET("/healthz") - 1, 0),
                     sizeof GET("/healthz") - 1);
    assert_int_equal(recv(fd, byte, 12, MSG_WAITALL), 12);
    receive_error = EINTR;
    assert_int_equal(send(fd, "more", 4, 0), 4);
    while (receive_error != 0)
        usleep(100);
    receive_error = EIO;
    assert_int_equal(send(fd, "more", 4, 0), 4);
    while (receive_error != 0)
        usleep(100);
    close(fd);
    close(client_of(port));
    int there = client_of(port); /* is there at the end */
    assert_begins(answer_to(port, GET("/healthz")), "HTTP/1.1 200 ");
    fluxi_admin_end();
    assert_true(is_closed(there));
    close(there);
}

static void clients__take_a_byte_at_a_time__have_a_minute(void **state)
{
    (void)state;
    uint16_t port = start();
    __atomic_store_n(&later, 0, __ATOMIC_RELAXED);
    send_little = true;
    const char *answer = answer_to(port, GET("/metrics"));
    send_little = false;
    __atomic_store_n(&later, 0, __ATOMIC_RELAXED);
    assert_in_range(strlen(answer), 14, 16);
    fluxi_admin_end();
}

static void answer__no_memory__the_connection_is_closed(void **state)
{
    (void)state;
    uint16_t port = start();
    for (int i = 0; i < 2; i++) {
        streams_left = i;
        assert_string_equal(answer_to(port, GET("/healthz")), "");
        streams_left = -1;
        closes_left = i;
        assert_string_equal(answer_to(port, GET("/healthz")), "");
        closes_left = -1;
    }
    fluxi_admin_end();
}

static void profile__what_becomes_of_it__is_told(void **state)
{
    (void)state;
    uint16_t port = start();
    profile_result = 0;
    assert_non_null(strstr(answer_to(port, GET("/profile")), "application/json"));
    profile_result = ENOMEM;
    assert_begins(answer_to(port, GET("/profile")), "HTTP/1.1 503 ");
    profile_result = ENOTSUP;
    assert_non_null(strstr(answer_to(port, GET("/profile")), "fluxc --profile\n"));
    fluxi_admin_end();
}

/* ---- metrics --------------------------------------------------------------------------------- */

static void print_label(void)
{
    fluxi_metric_label(stdout, "a\"b\\c\nd");
}

static void label__special_characters__escaped(void **state)
{
    (void)state;
    assert_string_equal(capture(print_label), "a\\\"b\\\\c\\nd");
}

static void print_all(void)
{
    fluxi_metrics_print(stdout);
}

static void metrics__the_system_tells_less__has_less(void **state)
{
    (void)state;
    no_limit = true;
    assert_non_null(strstr(capture(print_all), "\nprocess_max_fds -1\n"));
    no_limit = false;
    no_folder = true;
    assert_null(strstr(capture(print_all), "process_open_fds"));
    no_folder = false;
    no_stat = true;
    assert_null(strstr(capture(print_all), "process_threads"));
    no_stat = false;
    stat_line = "";
    assert_null(strstr(capture(print_all), "process_threads"));
    stat_line = "1 (x) R 1";
    assert_non_null(strstr(capture(print_all), "\nprocess_threads 0\n"));
    stat_line = NULL;
    assert_null(strstr(capture(print_all), "\nprocess_threads 0\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option__malformed__refused),
        cmocka_unit_test(none__wanted__nothing_is_done),
        cmocka_unit_test(open__something_fails__said_with_the_address),
        cmocka_unit_test(keep__one_of_two__the_other_is_closed),
        cmocka_unit_test(start__no_thread__said),
        cmocka_unit_test(end__before_it_served__ends),
        cmocka_unit_test(request__of_each_kind__its_status),
        cmocka_unit_test(request__too_large__431),
        cmocka_unit_test(request__calls_fail__the_connection_is_closed),
        cmocka_unit_test(accept__no_descriptors__tried_again_later),
        cmocka_unit_test(clients__silent__turned_out_for_others),
        cmocka_unit_test(clients__send_more_or_leave__do_no_harm),
        cmocka_unit_test(clients__take_a_byte_at_a_time__have_a_minute),
        cmocka_unit_test(answer__no_memory__the_connection_is_closed),
        cmocka_unit_test(profile__what_becomes_of_it__is_told),
        cmocka_unit_test(metrics__the_system_tells_less__has_less),
        cmocka_unit_test(label__special_characters__escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Connections to a listener of the test: taken, given back, kept or not, watched. */
#include "upstream.h"

#include "capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#define MINUTE UINT64_C(60000000000)

/* A listener on a local socket, in a folder that is removed with it, and the pool that is tested.
 */
struct scene {
    char folder[40], path[60];
    int listener;
    struct upstream *upstream;
};

static struct scene *open_scene(size_t most, uint64_t life)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    strcpy(scene->folder, "/tmp/upstream-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    snprintf(scene->path, sizeof scene->path, "%s/socket", scene->folder);
    strcpy(address.sun_path, scene->path);
    scene->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(scene->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(scene->listener, 20), 0);
    assert_int_equal(upstream_new(&scene->upstream, scene->path, most, life, 100), 0);
    return scene;
}

static void close_scene(struct scene *scene)
{
    upstream_free(scene->upstream);
    close(scene->listener);
    unlink(scene->path);
    rmdir(scene->folder);
    free(scene);
}

static struct upstream_connection *take(struct scene *scene)
{
    struct upstream_connection *connection = NULL;
    assert_int_equal(upstream_take(scene->upstream, &connection), 0);
    memset(connection->memory, 'm', 100);
    assert_int_equal(upstream_dial(connection), 0);
    assert_true(connection->socket >= 0);
    assert_false(connection->dialling);
    return connection;
}

/* The server's end of a connection; -1 if none has come. */
static int served(const struct scene *scene)
{
    return accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* The server says something, which is received. */
static void answer(struct upstream_connection *connection, int server)
{
    char buffer[10];
    size_t got;
    assert_int_equal(send(server, "hello", 5, 0), 5);
    assert_int_equal(upstream_receive(connection, buffer, sizeof buffer, &got), 0);
    assert_int_equal(got, 5);
    assert_memory_equal(buffer, "hello", 5);
}

static void upstream_give__answered__used_again(void **state)
{
    (void)state;
    struct scene *scene = open_scene(2, MINUTE);
    struct upstream_connection *connection = take(scene);
    int server = served(scene), socket = connection->socket;
    assert_false(connection->kept);
    answer(connection, server);
    upstream_give(scene->upstream, connection, true);

    connection = take(scene);
    assert_true(connection->kept);
    assert_int_equal(connection->socket, socket);
    assert_int_equal(served(scene), -1);
    answer(connection, server);
    upstream_give(scene->upstream, connection, true);
    close(server);
    close_scene(scene);
}

static void upstream_give__last_given__first_taken(void **state)
{
    (void)state;
    struct scene *scene = open_scene(3, MINUTE);
    struct upstream_connection *each[3];
    int servers[3];
    for (int i = 0; i < 3; i++) {
        each[i] = take(scene);
        servers[i] = served(scene);
        answer(each[i], servers[i]);
    }
    for (int i = 0; i < 3; i++)
        upstream_give(scene->upstream, each[i], true);
    for (int i = 2; i >= 0; i--)
        assert_ptr_equal(take(scene), each[i]);
    for (int i = 0; i < 3; i++) {
        upstream_give(scene->upstream, each[i], false);
        close(servers[i]);
    }
    close_scene(scene);
}

static void upstream_give__not_reusable__closed(void **state)
{
    (void)state;
    char byte;
    struct scene *scene = open_scene(1, MINUTE);
    struct upstream_connection *connection = take(scene);
    int server = served(scene);
    answer(connection, server);
    upstream_give(scene->upstream, connection, false);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    close(server);
    connection = take(scene);
    assert_false(connection->kept);
    upstream_give(scene->upstream, connection, false);
    close_scene(scene);
}

static void upstream_take__more_than_the_limit__EBUSY(void **state)
{
    (void)state;
    struct scene *scene = open_scene(2, MINUTE);
    struct upstream_connection *first = take(scene), *second = take(scene), *third;
    assert_int_equal(upstream_take(scene->upstream, &third), EBUSY);
    upstream_give(scene->upstream, first, false);
    assert_int_equal(upstream_take(scene->upstream, &third), 0);
    upstream_give(scene->upstream, second, false);
    upstream_give(scene->upstream, third, false);
    close_scene(scene);
}

static void upstream_give__its_life_is_over__closed(void **state)
{
    (void)state;
    char byte;
    struct scene *scene = open_scene(1, 0);
    struct upstream_connection *connection = take(scene);
    int server = served(scene);
    answer(connection, server);
    upstream_give(scene->upstream, connection, true);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    close(server);
    close_scene(scene);
}

static void upstream_tend__idle__closed_when_its_life_is_over(void **state)
{
    (void)state;
    char byte;
    struct scene *scene = open_scene(2, UINT64_C(200000000));
    struct upstream_connection *connection = take(scene);
    int server = served(scene);
    answer(connection, server);
    upstream_give(scene->upstream, connection, true);
    struct pollfd closed = {.fd = server, .events = POLLIN};
    for (int turns = 0; turns < 10000 && poll(&closed, 1, 1) == 0; turns++)
        upstream_tend(scene->upstream);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    close(server);
    connection = take(scene);
    assert_false(connection->kept);
    upstream_give(scene->upstream, connection, false);
    close_scene(scene);
}

static void say(struct upstream_connection *connection)
{
    size_t sent;
    assert_int_equal(upstream_send(connection, "request", 7, &sent), 0);
    assert_int_equal(sent, 7);
}

static void upstream_give__another_one_waits__closed_for_it(void **state)
{
    (void)state;
    char bytes[10];
    struct scene *scene = open_scene(3, MINUTE);
    struct upstream_connection *first = take(scene), *second = take(scene), *waiting = take(scene);
    int servers[3] = {served(scene), served(scene), served(scene)};
    say(first);
    say(second);
    answer(first, servers[0]);
    answer(second, servers[1]);
    /* Nothing has been sent on the last one yet. */
    upstream_give(scene->upstream, first, true);
    assert_int_equal(recv(servers[0], bytes, 10, 0), 7);
    assert_int_equal(recv(servers[0], bytes, 10, 0), -1);
    say(waiting);
    upstream_give(scene->upstream, second, true);
    assert_int_equal(recv(servers[1], bytes, 10, 0), 7);
    assert_int_equal(recv(servers[1], bytes, 10, 0), 0);

    /* It is read but not answered: then it has been accepted. */
    assert_ptr_equal(take(scene), first);
    say(first);
    assert_int_equal(recv(servers[0], bytes, 10, 0), 7);
    assert_int_equal(recv(servers[2], bytes, 10, 0), 7);
    answer(first, servers[0]);
    upstream_give(scene->upstream, first, true);
    assert_int_equal(recv(servers[0], bytes, 10, 0), -1);
    answer(waiting, servers[2]);
    upstream_give(scene->upstream, waiting, false);
    for (int i = 0; i < 3; i++)
        close(servers[i]);
    close_scene(scene);
}

static void upstream_tend__another_one_waits__closed_for_it(void **state)
{
    (void)state;
    char byte;
    struct scene *scene = open_scene(2, MINUTE);
    struct upstream_connection *idle = take(scene), *waiting = take(scene);
    int server = served(scene);
    answer(idle, server);
    upstream_give(scene->upstream, idle, true);
    upstream_tend(scene->upstream);
    assert_int_equal(recv(server, &byte, 1, 0), -1);
    say(waiting);
    upstream_tend(scene->upstream);
    assert_int_equal(recv(server, &byte, 1, 0), 0);
    close(server);
    upstream_give(scene->upstream, waiting, false);
    close_scene(scene);
}

static void upstream_dial__closed_while_idle__another_one(void **state)
{
    (void)state;
    struct scene *scene = open_scene(1, MINUTE);
    for (int talks = 0; talks < 2; talks++) {
        struct upstream_connection *connection = take(scene);
        int server = served(scene);
        assert_true(server >= 0);
        answer(connection, server);
        upstream_give(scene->upstream, connection, true);
        if (talks == 1)
            assert_int_equal(send(server, "?", 1, 0), 1);
        else
            close(server);
        connection = take(scene);
        assert_false(connection->kept);
        int another = served(scene);
        assert_true(another >= 0);
        answer(connection, another);
        upstream_give(scene->upstream, connection, false);
        close(another);
        if (talks == 1)
            close(server);
    }
    close_scene(scene);
}

static void upstream_hang_up__then_dial__another_one(void **state)
{
    (void)state;
    struct scene *scene = open_scene(1, MINUTE);
    struct upstream_connection *connection = take(scene);
    int first = served(scene);
    answer(connection, first);
    upstream_hang_up(connection);
    assert_int_equal(connection->socket, -1);
    assert_int_equal(upstream_dial(connection), 0);
    assert_memory_equal(connection->memory, "mmmm", 4);
    int second = served(scene);
    answer(connection, second);
    upstream_give(scene->upstream, connection, true);
    close(first);
    close(second);
    close_scene(scene);
}

static int dial_error;
static struct upstream_connection *dial_connection;

static void dial(void)
{
    dial_error = upstream_dial(dial_connection);
}

static void upstream_dial__nobody_there__EHOSTUNREACH_and_a_line(void **state)
{
    (void)state;
    struct scene *scene = open_scene(1, MINUTE);
    close(scene->listener);
    assert_int_equal(upstream_take(scene->upstream, &dial_connection), 0);
    const char *line = capture(dial);
    assert_int_equal(dial_error, EHOSTUNREACH);
    assert_non_null(strstr(line, scene->path));
    assert_non_null(strstr(line, "Connection refused"));
    unlink(scene->path);
    line = capture(dial);
    assert_int_equal(dial_error, EHOSTUNREACH);
    assert_non_null(strstr(line, "No such file"));
    assert_int_equal(dial_connection->socket, -1);
    upstream_give(scene->upstream, dial_connection, false);
    close_scene(scene);
}

static void upstream_dial__too_many_wait_there__EBUSY(void **state)
{
    (void)state;
    struct scene *scene = open_scene(100, MINUTE);
    struct upstream_connection *each[100];
    size_t count = 0;
    int error = 0;
    assert_int_equal(listen(scene->listener, 3), 0);
    while (count < 100 && error == 0) {
        assert_int_equal(upstream_take(scene->upstream, &each[count]), 0);
        error = upstream_dial(each[count++]);
    }
    assert_int_equal(error, EBUSY);
    while (count > 0)
        upstream_give(scene->upstream, each[--count], false);
    close_scene(scene);
}

static void upstream_dial__no_descriptors__EMFILE(void **state)
{
    (void)state;
    struct rlimit before, none;
    struct scene *scene = open_scene(1, MINUTE);
    struct upstream_connection *connection;
    assert_int_equal(upstream_take(scene->upstream, &connection), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int error = upstream_dial(connection);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(error, EMFILE);
    upstream_give(scene->upstream, connection, false);
    close_scene(scene);
}

static void upstream_dialled__over_TCP__connected_or_refused(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    char text[30];
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
    struct upstream *upstream;
    struct upstream_connection *connection;
    assert_int_equal(upstream_new(&upstream, text, 2, MINUTE, 1), 0);

    for (int open = 1; open >= 0; open--) {
        assert_int_equal(upstream_take(upstream, &connection), 0);
        int error = upstream_dial(connection);
        if (error == 0 && connection->dialling) {
            struct pollfd ready = {.fd = connection->socket, .events = POLLOUT};
            assert_int_equal(poll(&ready, 1, 10000), 1);
            error = upstream_dialled(connection);
            assert_false(connection->dialling);
        }
        assert_int_equal(error, open ? 0 : EHOSTUNREACH);
        assert_int_equal(connection->socket >= 0, open);
        upstream_give(upstream, connection, false);
        if (open)
            close(listener);
    }
    upstream_free(upstream);
}

static void upstream_receive__the_server_goes__EREMOTEIO(void **state)
{
    (void)state;
    char buffer[4];
    size_t count;
    struct scene *scene = open_scene(1, MINUTE);
    struct upstream_connection *connection = take(scene);
    int server = served(scene);
    assert_int_equal(upstream_receive(connection, buffer, sizeof buffer, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(upstream_send(connection, "ask", 3, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(shutdown(server, SHUT_WR), 0);
    assert_int_equal(upstream_receive(connection, buffer, sizeof buffer, &count), EREMOTEIO);
    close(server);
    assert_int_equal(upstream_receive(connection, buffer, sizeof buffer, &count), EREMOTEIO);
    assert_int_equal(upstream_send(connection, "ask", 3, &count), EREMOTEIO);
    assert_int_equal(count, 0);
    upstream_give(scene->upstream, connection, false);
    close_scene(scene);
}

static bool is_ready(const struct upstream_connection *connection)
{
    struct pollfd events = {.fd = connection->events, .events = POLLIN};
    return poll(&events, 1, 0) == 1;
}

static void upstream_watch__either_of_two__readable(void **state)
{
    (void)state;
    char buffer[65536] = {0};
    size_t count;
    int client[2];
    struct scene *scene = open_scene(1, MINUTE);
    struct upstream_connection *connection = take(scene);
    int server = served(scene);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);

    /* The client. */
    assert_int_equal(upstream_watch(connection, EPOLLIN, client[0], EPOLLIN), 0);
    assert_false(is_ready(connection));
    assert_int_equal(send(client[1], "x", 1, 0), 1);
    assert_true(is_ready(connection));
    assert_int_equal(upstream_watch(connection, EPOLLIN, client[0], 0), 0);
    assert_false(is_ready(connection));

    /* The server's answer. */
    assert_int_equal(send(server, "x", 1, 0), 1);
    assert_true(is_ready(connection));
    assert_int_equal(upstream_receive(connection, buffer, sizeof buffer, &count), 0);
    assert_false(is_ready(connection));

    /* Room to send, once there is none. */
    assert_int_equal(upstream_watch(connection, EPOLLIN | EPOLLOUT, -1, 0), 0);
    assert_true(is_ready(connection));
    do
        assert_int_equal(upstream_send(connection, buffer, sizeof buffer, &count), 0);
    while (count > 0);
    assert_false(is_ready(connection));
    while (recv(server, buffer, sizeof buffer, 0) > 0)
        ;
    assert_true(is_ready(connection));

    /* Given back while it watches a client, it watches none. */
    assert_int_equal(upstream_watch(connection, 0, client[0], EPOLLIN), 0);
    assert_true(is_ready(connection));
    upstream_give(scene->upstream, connection, true);
    connection = take(scene);
    assert_true(connection->kept);
    assert_false(is_ready(connection));
    assert_int_equal(upstream_watch(connection, EPOLLOUT, client[1], EPOLLIN), 0);
    assert_true(is_ready(connection));

    /* Another socket is watched anew. */
    upstream_hang_up(connection);
    assert_false(is_ready(connection));
    assert_int_equal(upstream_dial(connection), 0);
    assert_int_equal(upstream_watch(connection, EPOLLOUT, client[1], EPOLLIN), 0);
    assert_true(is_ready(connection));
    upstream_give(scene->upstream, connection, false);
    close(client[0]);
    close(client[1]);
    close(server);
    close_scene(scene);
}

static const char *given;
static int given_error;

static void make(void)
{
    struct upstream *upstream;
    given_error = upstream_new(&upstream, given, 1, 0, 1);
    upstream_free(upstream);
}

static void upstream_new__addresses__taken_or_refused_with_a_line(void **state)
{
    (void)state;
    static char long_path[200] = "/";
    memset(long_path + 1, 'p', sizeof long_path - 2);
    const struct {
        const char *address;
        int error;
    } cases[] = {
        {"/run/php.sock", 0},
        {"unix:/run/php.sock", 0},
        {"unix:relative.sock", 0},
        {"127.0.0.1:9000", 0},
        {"[::1]:9000", 0},
        {long_path, ENAMETOOLONG},
        {"127.0.0.1", EINVAL},
        {"127.0.0.1:", EINVAL},
        {":9000", EINVAL},
        {"", EINVAL},
        {"127.0.0.1:http", EINVAL},
        {"host.invalid:9000", EADDRNOTAVAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        given = cases[i].address;
        const char *line = capture(make);
        assert_int_equal(given_error, cases[i].error);
        assert_int_equal(line[0] == '\0', cases[i].error == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upstream_give__answered__used_again),
        cmocka_unit_test(upstream_give__last_given__first_taken),
        cmocka_unit_test(upstream_give__not_reusable__closed),
        cmocka_unit_test(upstream_take__more_than_the_limit__EBUSY),
        cmocka_unit_test(upstream_give__its_life_is_over__closed),
        cmocka_unit_test(upstream_tend__idle__closed_when_its_life_is_over),
        cmocka_unit_test(upstream_give__another_one_waits__closed_for_it),
        cmocka_unit_test(upstream_tend__another_one_waits__closed_for_it),
        cmocka_unit_test(upstream_dial__closed_while_idle__another_one),
        cmocka_unit_test(upstream_hang_up__then_dial__another_one),
        cmocka_unit_test(upstream_dial__nobody_there__EHOSTUNREACH_and_a_line),
        cmocka_unit_test(upstream_dial__too_many_wait_there__EBUSY),
        cmocka_unit_test(upstream_dial__no_descriptors__EMFILE),
        cmocka_unit_test(upstream_dialled__over_TCP__connected_or_refused),
        cmocka_unit_test(upstream_receive__the_server_goes__EREMOTEIO),
        cmocka_unit_test(upstream_watch__either_of_two__readable),
        cmocka_unit_test(upstream_new__addresses__taken_or_refused_with_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

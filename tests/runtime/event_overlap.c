/* R34: a node that blocks makes its own flow wait and no other, on one loop, too: each of these
 * flows is set free by one that starts after it has blocked. errno is a flow's own meanwhile. */
// runtimes: event trace thread
#include "scenario.h"

#include <fcntl.h>
#include <sys/uio.h>

static int stream[2], datagram[2], pipes[2];
static int listener;
static struct sockaddr_in address;
static _Atomic int blocked;

static int set_up(void)
{
    pair_new(SOCK_STREAM, stream);
    pair_new(SOCK_DGRAM, datagram);
    CHECK(pipe(pipes) == 0);
    listener = listener_new(&address);
    return 0;
}

static void read_stream(void)
{
    char byte;
    errno = 7777;
    blocked++;
    CHECK(read(stream[0], &byte, 1) == 1);
    CHECK(byte == 's');
    CHECK(errno == 7777);
}

static void receive_datagram(void)
{
    char bytes[8];
    errno = 7778;
    blocked++;
    CHECK(recv(datagram[0], bytes, sizeof bytes, 0) == 3);
    CHECK(errno == 7778);
}

static void read_pipe(void)
{
    char a[2], b[2];
    struct iovec parts[2] = {{a, 2}, {b, 2}};
    blocked++;
    CHECK(readv(pipes[0], parts, 2) == 3);
    CHECK(a[0] == 'x' && a[1] == 'y' && b[0] == 'z');
}

static void accept_one(void)
{
    char byte;
    blocked++;
    int fd = accept(listener, NULL, NULL);
    CHECK(fd >= 0);
    CHECK(read(fd, &byte, 1) == 1);
    CHECK(write(fd, &byte, 1) == 1);
    close(fd);
}

static void poll_all(void)
{
    int quiet[2];
    pair_new(SOCK_STREAM, quiet);
    struct pollfd polls[3] = {{.fd = quiet[0], .events = POLLIN},
                              {.fd = -1, .events = POLLIN},
                              {.fd = stream[1], .events = POLLIN}};
    blocked++;
    CHECK(poll(polls, 3, -1) == 1);
    CHECK(polls[0].revents == 0 && polls[1].revents == 0 && polls[2].revents == POLLIN);
    close(quiet[0]);
    close(quiet[1]);
}

static void select_all(void)
{
    fd_set in;
    FD_ZERO(&in);
    FD_SET(stream[1], &in);
    FD_SET(listener, &in);
    blocked++;
    CHECK(select(FD_SETSIZE, &in, NULL, NULL, NULL) >= 1);
    CHECK(FD_ISSET(stream[1], &in));
}

/* Begins when all others have blocked: under one loop it could not begin otherwise. */
static void free_them(void)
{
    char byte = 'c';
    while (blocked < 6)
        usleep(1000);
    CHECK(write(stream[1], "s", 1) == 1);
    CHECK(send(datagram[1], "abc", 3, 0) == 3);
    CHECK(write(pipes[1], "xyz", 3) == 3);
    CHECK(write(stream[0], "p", 1) == 1);
    int fd = connection_new(&address);
    CHECK(write(fd, &byte, 1) == 1);
    CHECK(read(fd, &byte, 1) == 1 && byte == 'c');
    CHECK(read(fd, &byte, 1) == 0);
    close(fd);
}

static int tear_down(void)
{
    for (int i = 0; i < 2; i++) {
        close(stream[i]);
        close(datagram[i]);
        close(pipes[i]);
    }
    close(listener);
    return scenarios_check();
}

void (*const scenarios[])(void) = {read_stream, receive_datagram, read_pipe, accept_one,
                                   poll_all,    select_all,       free_them, NULL};
static const struct flux_source sources[] = {{SOURCE(Scenario, scenario_frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("overlap"), .sources = sources,
                                          .source_count = 1, .initial = set_up, .final = tear_down};

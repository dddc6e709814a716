/* A node may fork. What its child does with its copies of descriptors, closing them and waiting, is
 * nothing to the flows of its parent. */
#include "scenario.h"

#include <sys/socket.h>

static int fds[2];
static _Atomic bool opened;

/* Waits before the child is there, and is told after it has gone. */
static void reader(void)
{
    char byte;
    pair_new(SOCK_STREAM, fds);
    opened = true;
    CHECK(read(fds[0], &byte, 1) == 1);
    CHECK(read(fds[0], &byte, 1) == 0);
    close(fds[0]);
}

static void forker(void)
{
    int status;
    WAIT_UNTIL(opened);
    wait_a_little();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        close(fds[1]);
        usleep(1000);
        _exit(17);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(ended_with(status, 17));
    CHECK(write(fds[1], "x", 1) == 1);
    close(fds[1]);
}

SCENARIOS(reader, forker);

/* A descriptor that is closed under flows that wait for it wakes them with EBADF, on whatever loop
 * they wait, and the number may be used again at once, also when somebody else keeps what it meant
 * open. */
// runtimes: event trace
#include "peers.h"

#include <fcntl.h>

#define ROUNDS 300

static _Atomic int fd = -1, waiting, refused;
static _Atomic int rounds;

struct frame {
    struct flux_flow base;
    int number;
};

/* Three flows a round wait for the descriptor of the round, with a call, in an await, and with
 * poll. */
static int wait_for(struct frame *frame)
{
    char byte;
    struct pollfd poll_one = {.fd = fd, .events = POLLIN};
    waiting++;
    if (frame->number == 0)
        return read(fd, &byte, 1) == -1 ? errno : 0;
    return poll(&poll_one, 1, -1) == 1 && poll_one.revents == POLLNVAL ? EBADF : 0;
}

static enum flux_next run_Waiter(struct flux_flow *base)
{
    static int begun;
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        while (fd < 0 || begun >= 3 * (rounds + 1)) {
            if (rounds == ROUNDS)
                return flux_source_fail(base, NULL, FLUX_STOP, false);
            usleep(100);
        }
        frame->number = begun++ % 3;
        return flux_source_done(base, 1);
    case 1:
        if (frame->number < 2) {
            CHECK(wait_for(frame) == EBADF);
            break;
        }
        waiting++;
        if (!flux_await(base, fd, FLUX_READABLE, 60000, false, 2))
            return FLUX_PARKED;
        /* fall through */
    case 2:
        CHECK(base->error == EBADF);
    }
    refused++;
    return FLUX_ENDED;
}

static enum flux_next run_Closer(struct flux_flow *base)
{
    static int others[2];
    char byte;
    while (rounds < ROUNDS) {
        pair_new(SOCK_STREAM, others);
        int copy = dup(others[0]); /* keeps what the number meant alive */
        fd = others[0];
        while (waiting < 3)
            usleep(100);
        usleep(500); /* until they wait is not to be seen from here: most do */
        close(others[0]);
        while (refused < 3)
            usleep(100);
        /* The number means something else now, and what it meant has news. */
        CHECK(write(others[1], "x", 1) == 1);
        int again[2];
        pair_new(SOCK_STREAM, again);
        CHECK(again[0] == others[0]);
        CHECK(poll(&(struct pollfd){.fd = again[0], .events = POLLIN}, 1, 1) == 0);
        CHECK(write(again[1], "y", 1) == 1);
        CHECK(read(again[0], &byte, 1) == 1 && byte == 'y');
        fd = -1;
        waiting = refused = 0;
        rounds++;
        close(again[0]);
        close(again[1]);
        close(others[1]);
        close(copy);
    }
    return flux_source_fail(base, NULL, FLUX_STOP, false);
}

static int initial(void)
{
#if defined(__SANITIZE_THREAD__)
    puts("SKIP: ThreadSanitizer reports what this test is about");
    exit(77);
#endif
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Waiter, frame)}, {SOURCE(Closer, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("close"), .sources = sources,
                                          .source_count = 2, .initial = initial};

/* R36: what an await ends with, several flows at one descriptor, and numbers of descriptors that
 * come back. Each item below is a flow; those with `after` act when as many flows as that have
 * announced that they are about to wait in that group. */
#include "testing.h"

#include <fcntl.h>
#include <sys/socket.h>

#define GROUPS 8

struct item {
    int after_group, after; /* group 0: at once */
    void (*act)(void);
    int *fd; /* then waits for this; NULL: does not */
    enum flux_ready events;
    int64_t limit; /* ms */
    int want;      /* the outcome; ANYTHING: it ends */
    int group;     /* that it announces itself in, before it waits */
    int then;      /* and after it */
};

#define ANYTHING INT32_MIN

static int full[2], empty[2], said[2], shared[2], hang[2], both[2], reused[2], fresh[2];
static int file_fd, never_fd = 9999, negative_fd = -1;
static _Atomic int announced[GROUPS];

static void fill(int fd)
{
    char block[4096] = "";
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0)
        continue;
    fcntl(fd, F_SETFL, flags);
}

static void drain(int fd)
{
    char block[4096];
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (read(fd, block, sizeof block) > 0)
        continue;
    fcntl(fd, F_SETFL, flags);
}

static void say(int fd)
{
    CHECK(write(fd, "!", 1) == 1);
}

static void drain_full(void)
{
    drain(full[0]);
}

static void say_shared(void)
{
    say(shared[1]);
}

static void close_hang(void)
{
    close(hang[1]);
}

static void drain_both(void)
{
    drain(both[1]);
}

static void say_both(void)
{
    say(both[1]);
}

static void replace_reused(void)
{
    CHECK(pipe(fresh) == 0);
    CHECK(dup2(fresh[0], reused[0]) == reused[0]);
}

static void say_fresh(void)
{
    say(fresh[1]);
}

static const struct item items[] = {
    {.fd = &said[0], .events = FLUX_READABLE, .limit = -1, .want = 0},
    {.fd = &empty[0], .events = FLUX_READABLE, .limit = 30, .want = ETIMEDOUT},
    {.fd = &empty[0], .events = FLUX_READABLE, .limit = 0, .want = ETIMEDOUT},
    {.fd = &empty[1], .events = FLUX_WRITABLE, .limit = 0, .want = 0},
    {.fd = &never_fd, .events = FLUX_READABLE, .limit = -1, .want = EBADF},
    {.fd = &negative_fd, .events = FLUX_READABLE, .limit = 10000, .want = EBADF},
    {.fd = &file_fd, .events = FLUX_READABLE, .limit = -1, .want = 0},

    {.fd = &full[1], .events = FLUX_WRITABLE, .limit = INT64_MAX, .want = 0, .group = 1},
    {.after_group = 1, .after = 1, .act = drain_full},

    {.fd = &shared[0], .events = FLUX_READABLE, .limit = -1, .want = 0, .group = 2},
    {.fd = &shared[0], .events = FLUX_READABLE, .limit = 20000, .want = 0, .group = 2},
    {.fd = &shared[0], .events = FLUX_READABLE, .limit = -1, .want = 0, .group = 2},
    {.after_group = 2, .after = 3, .act = say_shared},

    {.fd = &hang[0], .events = FLUX_READABLE, .limit = -1, .want = 0, .group = 3},
    {.after_group = 3, .after = 1, .act = close_hang},

    /* A reader and a writer at one socket, which becomes writable first. */
    {.fd = &both[0], .events = FLUX_READABLE, .limit = -1, .want = 0, .group = 4},
    {.fd = &both[0], .events = FLUX_WRITABLE, .limit = -1, .want = 0, .group = 4, .then = 5},
    {.after_group = 4, .after = 2, .act = drain_both},
    {.after_group = 5, .after = 1, .act = say_both},

    /* The number of a descriptor that a flow waits for comes to mean another pipe: how its await
     * ends is open, that of the other pipe is not disturbed. */
    {.fd = &reused[0], .events = FLUX_READABLE, .limit = 500, .want = ANYTHING, .group = 6},
    {.after_group = 6,
     .after = 1,
     .act = replace_reused,
     .fd = &reused[0],
     .events = FLUX_READABLE,
     .limit = -1,
     .want = 0,
     .group = 7},
    {.after_group = 7, .after = 1, .act = say_fresh},
};
#define ITEMS    ((int)(sizeof items / sizeof items[0]))
#define TIMEOUTS 300 /* as many flows with limits of all lengths, the last one all alone */
#define FLOWS    (ITEMS + TIMEOUTS)

static _Atomic int ended;

struct frame {
    struct flux_flow base;
    int number;
    int64_t limit;
    uint64_t began;
};

static const struct item timeout = {.fd = &empty[0], .events = FLUX_READABLE, .want = ETIMEDOUT};

static const struct item *item_of(const struct frame *frame)
{
    return frame->number < ITEMS ? &items[frame->number] : &timeout;
}

static void check(const struct frame *frame)
{
    int want = item_of(frame)->want;
    bool right = want == ANYTHING || frame->base.error == want;
    if (!right)
        fprintf(stderr, "flow %d: %s\n", frame->number, flux_strerror(frame->base.error));
    CHECK(right);
    if (frame->base.error == ETIMEDOUT)
        CHECK(flux_now() - frame->began >= (uint64_t)frame->limit * 1000000);
    if (item_of(frame)->then != 0)
        announced[item_of(frame)->then]++;
}

static enum flux_next run_Items(struct flux_flow *base)
{
    static int next;
    struct frame *frame = (struct frame *)base;

    switch (base->at) {
    case 0:
        if (next == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = next++;
        return flux_source_done(base, 1);
    case 1: {
        const struct item *item = item_of(frame);
        WAIT_UNTIL(announced[item->after_group] >= item->after);
        if (frame->number == FLOWS - 1)
            WAIT_UNTIL(ended ==
                       FLOWS - 1); /* all is quiet, and so is whoever looks for deadlines */
        if (item->act != NULL)
            item->act();
        if (item->fd == NULL)
            break;
        if (item->group != 0)
            announced[item->group]++;
        frame->limit = item == &timeout ? frame->number * 7 % 90 : item->limit;
        frame->began = flux_now();
        if (!flux_await(base, *item->fd, item->events, frame->limit, false, 2))
            return FLUX_PARKED;
    }
        /* fall through */
    case 2:
        check(frame);
    }
    ended++;
    return FLUX_ENDED;
}

static int initial(void)
{
    CHECK(pipe(full) == 0 && pipe(empty) == 0 && pipe(said) == 0 && pipe(shared) == 0);
    CHECK(pipe(hang) == 0 && pipe(reused) == 0);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, both) == 0);
    file_fd = open("/proc/self/exe", O_RDONLY);
    CHECK(file_fd >= 0);
    say(said[1]);
    fill(full[1]);
    fill(both[0]);
    return 0;
}

static int final(void)
{
    CHECK(ended == FLOWS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Items, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("await"), .sources = sources,
                                          .source_count = 1, .initial = initial, .final = final};

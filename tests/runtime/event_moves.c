/* A flow that goes on on another loop awaits its descriptor there, then on the first loop again,
 * and closes it on whichever, while a loop that it has left still polls it. Numbers are used again
 * at once. Every await is woken, by its own descriptor alone. */
// runtimes: event
// args: --loops 3
#include "peers.h"

#include <sys/socket.h>

#define FLOWS  12
#define PAIRS  50 /* of each flow, one after another */
#define AWAITS 4  /* on each */

static struct flux_constraint gate = FLUX_CONSTRAINT("gate", 0);
static struct flux_constraint *const constraints[] = {&gate};
static _Atomic int begun, ended;
static _Atomic int wanted[FLOWS]; /* where a byte is to be written; 0: nowhere */

/* A loop may be taking events that nobody waits for out of its poller while another closes the
 * descriptor. Whichever comes first, and whatever has the number by then, descriptor.c puts it
 * right: by the generation of the record, or with a poller made anew. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:poller_set\n";
}

struct frame {
    struct flux_flow base;
    int number, pair[2], pairs, awaits;
};

static void read_byte(int fd)
{
    char byte;
    CHECK(recv(fd, &byte, 1, MSG_DONTWAIT) == 1);
}

static enum flux_next run_Moves(struct flux_flow *base)
{
    struct frame *frame = (struct frame *)base;
    switch (base->at) {
    case 0:
        if (begun == FLOWS)
            return flux_source_fail(base, NULL, FLUX_STOP, false);
        frame->number = begun++;
        return flux_source_done(base, 1);
    case 1:
        for (frame->pairs = 0; frame->pairs < PAIRS; frame->pairs++) {
            pair_new(SOCK_STREAM, frame->pair);
            for (frame->awaits = 0; frame->awaits < AWAITS; frame->awaits++) {
                if (!flux_take(base, &gate, FLUX_WRITE, 2))
                    return FLUX_PARKED;
                /* fall through */
            case 2:
                usleep(10); /* others queue up, and go on elsewhere */
                flux_give(base, &gate, FLUX_WRITE);
                wanted[frame->number] = frame->pair[1];
                if (!flux_await(base, frame->pair[0], FLUX_READABLE, -1, false, 3))
                    return FLUX_PARKED;
                /* fall through */
            case 3:
                CHECK(base->error == 0);
                WAIT_UNTIL(wanted[frame->number] == 0); /* the writer has done with it */
                read_byte(frame->pair[0]);
            }
            close(frame->pair[0]);
            close(frame->pair[1]);
        }
    }
    ended++;
    return FLUX_ENDED;
}

static void *write_bytes(void *argument)
{
    (void)argument;
    while (ended < FLOWS) {
        for (int i = 0; i < FLOWS; i++) {
            int fd = wanted[i];
            if (fd != 0) {
                CHECK(send(fd, "b", 1, 0) == 1);
                wanted[i] = 0;
            }
        }
        sched_yield();
    }
    return NULL;
}

static pthread_t writer;

static int initial(void)
{
    writer = thread_run(write_bytes, NULL);
    return 0;
}

static int final(void)
{
    CHECK(pthread_join(writer, NULL) == 0);
    CHECK(ended == FLOWS);
    return 0;
}

static const struct flux_source sources[] = {{SOURCE(Moves, frame)}};
const struct flux_program flux_program = {
    TEST_PROGRAM("moves"), .sources = sources, .source_count = 1, .constraints = constraints,
    .constraint_count = 1, .initial = initial, .final = final};

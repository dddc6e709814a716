/* trace.c - the runtime `trace`: one loop, on which everything takes turns after each step. Which
 * of the ready flows goes next is a function of a seed, and each step is told on standard error, so
 * a bad interleaving can be seen, and replayed.
 *
 *      trace: seed 17
 *      trace: flow 3 call Compress in Image > Handler > Compress
 *      trace: flow 1 take cache in Image > CheckCache
 *
 * Flows that wait for something outside of the program (a peer, a timer) join in when nobody else
 * is ready, so for one seed and one input the order is the same as far as it can be. There are no
 * helper threads: what would block them blocks the program.
 */
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

const char flux_runtime_is_trace = 0;

const char *const fluxi_runtime_name = "trace";
const char *const fluxi_runtime_summary = "one step at a time, in an order that a seed decides";

static uint64_t seed, stack_size = 256u << 10;
static bool priorities, quiet;

const struct flux_option fluxi_runtime_options[] = {
    {"seed", "N", "decides who goes next; 0: another one each time, which is printed", FLUX_NUMBER,
     &seed, 0, 0, NULL},
    {"priorities", NULL, "flows go by priorities that the seed draws, in place of evenly",
     FLUX_FLAG, &priorities, 0, 0, NULL},
    {"quiet", NULL, "do not print the steps", FLUX_FLAG, &quiet, 0, 0, NULL},
    {"stack-size", "SIZE", "address space for the stack of a flow that blocks", FLUX_SIZE,
     &stack_size, 32u << 10, 1u << 30, NULL},
    FLUXI_STALL_OPTION,
};
const unsigned fluxi_runtime_option_count =
    sizeof fluxi_runtime_options / sizeof fluxi_runtime_options[0];

unsigned fluxi_runtime_copies(void)
{
    return 1;
}

/* ---- who goes next --------------------------------------------------------------------------- */

static uint64_t state;

/* splitmix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t next_random(void)
{
    state += 0x9E3779B97F4A7C15u;
    return mixed(state);
}

static unsigned below(unsigned count)
{
    return (unsigned)(((next_random() >> 32) * count) >> 32);
}

static unsigned choose_evenly(const struct loop *loop, unsigned flows, unsigned carriers)
{
    (void)loop;
    return flows + carriers > 1 ? below(flows + carriers) : 0;
}

/* ---- who goes next, by priorities ------------------------------------------------------------ *
 *
 * Evenly chosen steps hardly ever have a flow stand still where others come a long way, or one run
 * on alone. So, as in Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010), each flow has a random priority, the
 * highest that is ready runs, and at some steps the one whose turn it is falls behind all others.
 *
 * Theirs is a run of known length with a given number of such changes. A server has no last step:
 * here there is always another change, after up to 2, 4, ... or 1024 steps, each as likely. So the
 * distances are of every size, and no flow that waits in a `repeat` for another one keeps it for
 * ever.
 */

/* Those that have fallen behind, the last of them lowest; in a ring, as who has fallen long ago may
 * have ended. What is not there any more has its first priority again. */
#define FALLEN  64u
#define HIGHEST (UINT64_C(1) << 63) /* set in first priorities, and in no other */
static uint64_t fallen[FALLEN], falls;
static unsigned change_due; /* in so many steps */

/* Of a source, an odd number, or of a flow, an even one; the same in each run. */
static uint64_t identity(const struct flux_flow *flow)
{
    if (flow->flags & FLUXI_SOURCING)
        return 2 * (uint64_t)(flow->source - flux_program.sources) + 1;
    return 2 * flow->id;
}

static uint64_t priority(const struct flux_flow *flow)
{
    uint64_t who = identity(flow);
    for (uint64_t fall = falls; fall > 0 && fall + FALLEN > falls; fall--)
        if (fallen[fall % FALLEN] == who)
            return HIGHEST - fall;
    return HIGHEST | mixed(seed + who * 0xD1342543DE82EF95u);
}

/* The index, and who that is. */
static unsigned highest(const struct loop *loop, unsigned flows, unsigned carriers,
                        const struct flux_flow **who)
{
    const struct flux_flow *flow = loop->flows.first;
    const struct carrier *carrier = loop->woken;
    uint64_t most = 0;
    unsigned found = 0;
    for (unsigned i = 0; i < flows + carriers; i++) {
        const struct flux_flow *one = i < flows ? flow : carrier->flow;
        uint64_t its = priority(one);
        if (its > most) {
            most = its;
            found = i;
            *who = one;
        }
        if (i < flows)
            flow = flow->next;
        else
            carrier = carrier->next;
    }
    return found;
}

static void draw_change(void)
{
    change_due = below(2u << below(10));
}

static unsigned choose_highest(const struct loop *loop, unsigned flows, unsigned carriers)
{
    const struct flux_flow *who = NULL;
    unsigned found = highest(loop, flows, carriers, &who);
    if (change_due-- > 0)
        return found;
    falls++;
    fallen[falls % FALLEN] = identity(who);
    draw_change();
    return highest(loop, flows, carriers, &who);
}

/* ---- what is told ---------------------------------------------------------------------------- */

/* A line that is told in one piece. */
struct line {
    char text[512];
    size_t size;
};

static void add(struct line *line, const char *text)
{
    while (*text != '\0' && line->size < sizeof line->text - 1)
        line->text[line->size++] = *text++;
}

static void add_path(struct line *line, const struct flux_place *place)
{
    if (place->up) {
        add_path(line, place->up);
        add(line, " > ");
    }
    add(line, place->node->name);
}

/* Past the intercepted write(): the flow that is being told of is not the one that writes. */
static void tell(struct line *line)
{
    line->text[line->size++] = '\n';
    syscall(SYS_write, STDERR_FILENO, line->text, line->size);
}

static void tell_step(const struct flux_flow *flow, const struct flux_place *place,
                      const char *what, const char *detail)
{
    struct line line = {.size = 0};
    char who[64];
    if (flow->flags & FLUXI_SOURCING)
        snprintf(who, sizeof who, "trace: source %s ", flow->source->name);
    else
        snprintf(who, sizeof who, "trace: flow %llu ", (unsigned long long)flow->id);
    add(&line, who);
    add(&line, what);
    if (detail) {
        add(&line, " ");
        add(&line, detail);
    }
    if (place) {
        add(&line, " in ");
        add_path(&line, place);
    }
    tell(&line);
}

/* Steps that have been announced and wait for their turn: they are told when it comes. flux_flow.fd
 * is the index of a flow's. */
static struct step {
    const struct flux_place *place;
    const char *what, *detail;
    int next; /* the index of the next one that is not in use */
} * steps;
static int step_count, unused_step = -1;

static bool steps_grow(void)
{
    int count = step_count > 0 ? 2 * step_count : 64;
    struct step *grown = realloc(steps, (size_t)count * sizeof *grown);
    if (!grown)
        return false;
    steps = grown;
    for (; step_count < count; step_count++) {
        steps[step_count].next = unused_step;
        unused_step = step_count;
    }
    return true;
}

bool flux_step(struct flux_flow *flow, const struct flux_place *place, const char *what,
               const char *detail, uint32_t at)
{
    flow->at = at;
    fluxi_order_seen(flow, at);
    if (!quiet) {
        if (unused_step < 0 && !steps_grow()) {
            tell_step(flow, place, what, detail); /* early rather than never */
        } else {
            int index = unused_step;
            unused_step = steps[index].next;
            steps[index] = (struct step){place, what, detail, -1};
            flow->fd = index;
            flow->flags |= FLUXI_ANNOUNCED;
        }
    }
    fluxi_loop_ready(fluxi_loop, flow);
    return false;
}

/* The flow's turn has come. */
static void resumed(struct flux_flow *flow)
{
    if (!(flow->flags & FLUXI_ANNOUNCED))
        return;
    flow->flags &= (uint8_t)~FLUXI_ANNOUNCED;
    struct step *step = &steps[flow->fd];
    tell_step(flow, step->place, step->what, step->detail);
    step->next = unused_step;
    unused_step = flow->fd;
}

static void joined(void)
{
    free(steps);
    steps = NULL;
}

int fluxi_runtime_start(void)
{
    bool given = seed != 0;
    if (!given) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        state = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + (uint64_t)getpid();
        seed = 1 + next_random() % 999999; /* short enough to be typed */
    }
    state = seed;
    if (!quiet || !given) /* a run that nobody can repeat is of no use */
        dprintf(STDERR_FILENO, "trace: seed %llu%s\n", (unsigned long long)seed,
                priorities ? ", priorities" : "");
    if (priorities)
        draw_change();
    fluxi_policy = (struct policy){.loops = 1,
                                   .stack = (size_t)stack_size,
                                   .choose = priorities ? choose_highest : choose_evenly,
                                   .resumed = resumed,
                                   .joined = joined};
    return fluxi_engine_start();
}

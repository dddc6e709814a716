/* kit.c - what the nodes of a random program do, and what is checked while they do it.
 *
 * A node's outputs and whether it fails are functions of its inputs (oracle.py, call). Each flow
 * has a record, its trip, which is found by the frame that the runtime runs. The oracle has told in
 * the file `plan` which calls each trip consists of and which constraints are held at each: a word
 * for each of them says whether for writing, and whether this is the first or the last call for
 * which it is held without a break. By that
 *
 *   - each call is compared with the one that is due;
 *   - each constraint has a guard, entered at the first call and left after the last, which finds a
 *     writer beside anybody. Guards are relaxed atomics: they order nothing, so ThreadSanitizer
 *     still sees what the runtime has left unordered;
 *   - each constraint has a counter, which its writers read, and write only after the node has
 *     yielded, slept or blocked: updates are lost where two get in.
 *
 * What is wrong is told on standard error, in lines that begin with "kit:"; standard output gets,
 * at the end, a line for each trip and each counter. A program in which nothing happens for
 * KIT_PATIENCE seconds (20) says where each trip stands and which guards it has entered, lets a
 * debug build of the runtime say what it knows, and exits with 99.
 */
#include "kit.h"

#include "flux_abi.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS  3u
#define PLACES    (1 + SESSIONS) /* of a constraint: the program's, and those of sessions */
#define MAX_STEPS 60u            /* then nodes fail with ELOOP */

/* Words of a step. */
#define INSTANCE(word) ((word)&0xffffu)
#define WRITE          (1u << 16)
#define ENTER          (1u << 17)
#define LEAVE          (1u << 18)
#define PREDICATE      (1u << 16) /* in what is called */

enum kind { BAD, READY, CLOSED, OTHER }; /* OTHER: empty, or late */
#define LATE_MAX   16
#define MEET_TRIES 10000 /* of a millisecond, at least */

/* A descriptor that becomes readable when its letter is delivered. It is closed by who comes last:
 * the flow at its end, or the letter. */
struct late {
    int fds[2];
    atomic_uint owners;
};

struct trip {
    _Atomic(const struct flux_flow *) frame; /* whose it is; NULL: nobody's yet, or no more */
    unsigned source, number;
    const uint32_t *due, *end; /* the steps that are to come */
    uint64_t hash;
    unsigned steps, session;
    bool born, astray; /* a call was not the one that was due: guards are left alone from there */
    atomic_uint ended, busy;
    int fds[3][2]; /* by kind; -1: not made yet */
    struct late *late[LATE_MAX];
    unsigned late_count;
    atomic_uint place; /* for the report: the step it is in, with INSIDE; or the last one */
};
#define INSIDE 0x80000000u

struct guard {
    atomic_uint state; /* readers inside; WRITE: a writer */
    atomic_uint most;  /* readers inside at once, at most */
    long counter;
};

static const struct kit_program *program;
static uint32_t *plan;
static struct trip *trips;
static unsigned trip_count;
static struct guard *guards;
static atomic_uint *begun; /* of each source */
static unsigned *first;    /* of each source's trips */
static atomic_uint progress, edges[2], faults, ended_count;

extern _Thread_local struct flux_flow *fluxi_current;

/* A program asks for the runtime that it was compiled for. This one runs under each. */
#define ANY_RUNTIME __attribute__((weak)) const char
ANY_RUNTIME flux_runtime_is_thread = 0, flux_runtime_is_pool = 0, flux_runtime_is_event = 0,
            flux_runtime_is_trace = 0;

/* A loop of `event` goes on to listen to a descriptor whose flow has moved to another one, which
 * may close it meanwhile: it knows a number's files apart. ThreadSanitizer takes that for a race.
 */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:poller_set\n";
}

static uint64_t mix(uint64_t value, uint64_t word)
{
    value = ((value + UINT64_C(0x632BE59BD9B4E019)) ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return value ^ (value >> 32);
}

__attribute__((format(printf, 2, 3))) static void fault(const struct trip *trip, const char *format,
                                                        ...)
{
    char text[400], line[512];
    va_list arguments;

    if (atomic_fetch_add(&faults, 1) >= 20)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int length = trip == NULL ? snprintf(line, sizeof line, "kit: %s\n", text)
                              : snprintf(line, sizeof line, "kit: %s %u: %s\n",
                                         program->sources[trip->source].name, trip->number, text);
    syscall(SYS_write, STDERR_FILENO, line, length);
}

static struct trip *here(void)
{
    for (unsigned i = 0; fluxi_current != NULL && i < trip_count; i++)
        if (atomic_load_explicit(&trips[i].frame, memory_order_relaxed) == fluxi_current)
            return &trips[i];
    fault(NULL, "a call in no flow");
    abort();
}

static const char *name_of(unsigned what)
{
    return what & PREDICATE ? program->predicates[what & 0xffff].name : program->nodes[what].name;
}

/* ---- guards ---------------------------------------------------------------------------------- */

static void enter(const struct trip *trip, uint32_t word)
{
    struct guard *guard = &guards[INSTANCE(word)];
    unsigned add = word & WRITE ? WRITE : 1;
    unsigned before = atomic_fetch_add_explicit(&guard->state, add, memory_order_relaxed);
    if (before >= WRITE || (add == WRITE && before != 0))
        fault(trip, "%s enters '%s' while %s inside", add == WRITE ? "a writer" : "a reader",
              program->constraints[INSTANCE(word) / PLACES],
              before >= WRITE ? "a writer is" : "readers are");
    unsigned most = atomic_load_explicit(&guard->most, memory_order_relaxed);
    while (add == 1 && before + 1 > most && before < WRITE &&
           !atomic_compare_exchange_weak_explicit(&guard->most, &most, before + 1,
                                                  memory_order_relaxed, memory_order_relaxed))
        continue;
}

static void leave(uint32_t word)
{
    atomic_fetch_sub_explicit(&guards[INSTANCE(word)].state, word & WRITE ? WRITE : 1,
                              memory_order_relaxed);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void make_pair(int fds[2])
{
    int outcome =
        program->sockets ? socketpair(AF_UNIX, SOCK_STREAM, 0, fds) : pipe2(fds, O_CLOEXEC);
    if (outcome != 0) {
        fault(NULL, "no descriptors");
        abort();
    }
}

static void close_pair(int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static void late_release(struct late *late)
{
    if (atomic_fetch_sub(&late->owners, 1) == 1) {
        close_pair(late->fds);
        free(late);
    }
}

static struct late *late_make(void)
{
    struct late *late = malloc(sizeof *late);
    if (late == NULL)
        abort();
    make_pair(late->fds);
    atomic_store_explicit(&late->owners, 2, memory_order_release); /* for who delivers it */
    return late;
}

/* Letters are delivered by a thread that no runtime knows of; or by flows of the program, if it has
 * `source Mail => Deliver`. Those cannot come to the help of a node that blocks, which may keep the
 * only worker: only of flows in `await`. */
static int letters[2] = {-1, -1}, mail[2] = {-1, -1};
static atomic_uint letters_sent, letters_delivered;

static void deliver(struct late *late)
{
    (void)atomic_load_explicit(&late->owners, memory_order_acquire);
    if (syscall(SYS_write, late->fds[1], "!", 1) != 1)
        fault(NULL, "a letter cannot be delivered");
    late_release(late);
}

static void *postman(void *unused)
{
    struct late *late;
    while (syscall(SYS_read, letters[0], &late, sizeof late) == sizeof late) {
        struct timespec pause = {.tv_nsec = 50000};
        syscall(SYS_nanosleep, &pause, NULL);
        deliver(late);
    }
    return unused;
}

static void start_postman(void)
{
    pthread_t thread;
    if (pipe2(letters, O_CLOEXEC) != 0 || pthread_create(&thread, NULL, postman, NULL) != 0)
        abort();
    pthread_detach(thread);
}

static void send_by(int fds[2], const struct late *late)
{
    if (syscall(SYS_write, fds[1], &late, sizeof late) != sizeof late)
        fault(NULL, "a letter cannot be sent");
}

static void send_letter(const struct late *late)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_postman);
    send_by(letters, late);
}

static void send_by_mail(const struct late *late)
{
    atomic_fetch_add(&letters_sent, 1);
    send_by(mail, late);
}

int kit_mail(uint64_t *letter)
{
    struct late *late;
    while (read(mail[0], &late, sizeof late) < 0 && errno == EINTR)
        continue;
    *letter = (uintptr_t)late;
    return late == NULL ? FLUX_STOP : 0;
}

int kit_deliver(uint64_t letter)
{
    atomic_fetch_add_explicit(&progress, 1, memory_order_relaxed);
    deliver((struct late *)(uintptr_t)letter);
    atomic_fetch_add(&letters_delivered, 1);
    return 0;
}

static int make_fd(struct trip *trip, unsigned kind)
{
    if (kind == BAD)
        return -1;
    if (kind == OTHER && program->late) {
        if (trip->late_count == LATE_MAX)
            return trip->late[LATE_MAX - 1]->fds[0];
        struct late *late = late_make();
        int fd = late->fds[0]; /* once it is sent, it is also somebody else's */
        trip->late[trip->late_count++] = late;
        (program->mail ? send_by_mail : send_letter)(late);
        return fd;
    }
    int *fds = trip->fds[kind - 1];
    if (fds[0] < 0) {
        make_pair(fds);
        if (kind == READY && write(fds[1], "!", 1) != 1)
            fault(trip, "a byte cannot be written");
        if (kind == CLOSED) {
            close(fds[1]);
            fds[1] = -1;
        }
    }
    return fds[0];
}

uint64_t kit_kind(int fd)
{
    struct trip *trip = here();
    if (fd < 0)
        return BAD;
    for (unsigned kind = READY; kind <= OTHER; kind++)
        if (trip->fds[kind - 1][0] == fd)
            return kind;
    for (unsigned i = 0; i < trip->late_count; i++)
        if (trip->late[i]->fds[0] == fd)
            return OTHER;
    return 99;
}

/* ---- waiting in the middle of a node --------------------------------------------------------- */

/* Until another reader has been inside what this node holds for reading, at the same time. */
static void wait_to_meet(const struct trip *trip, const uint32_t *step)
{
    for (unsigned i = 0; step != NULL && i < step[1]; i++) {
        const struct guard *guard = &guards[INSTANCE(step[2 + i])];
        for (unsigned k = 0; atomic_load(&guard->most) < 2 && !(step[2 + i] & WRITE); k++) {
            if (k == MEET_TRIES) {
                fault(trip, "no other reader of '%s' comes in",
                      program->constraints[INSTANCE(step[2 + i]) / PLACES]);
                return;
            }
            usleep(1000);
        }
    }
}

static void wait_a_while(const struct trip *trip, const uint32_t *step, const struct kit_node *node,
                         uint64_t state)
{
    struct late *late;
    int fds[2];
    char byte;

    switch (node->wait) {
    case KIT_NOTHING:
        break;
    case KIT_YIELD:
        sched_yield();
        break;
    case KIT_SLEEP:
        usleep(10 + (unsigned)(state >> 50) % 90);
        break;
    case KIT_PIPE:
        late = late_make();
        send_letter(late);
        while (read(late->fds[0], &byte, 1) < 0 && errno == EINTR)
            continue;
        late_release(late);
        break;
    case KIT_POLL:
        make_pair(fds);
        poll(&(struct pollfd){.fd = fds[0], .events = POLLIN}, 1, 1);
        close_pair(fds);
        break;
    case KIT_MEET:
        wait_to_meet(trip, step);
        break;
    }
}

/* ---- one step -------------------------------------------------------------------------------- */

/* A call begins: the step that is due, if it is this one. */
static const uint32_t *begin(struct trip *trip, unsigned what)
{
    const uint32_t *step = trip->due;

    atomic_fetch_add_explicit(&progress, 1, memory_order_relaxed);
    if (atomic_exchange_explicit(&trip->busy, 1, memory_order_relaxed) != 0)
        fault(trip, "%s is called while another node of the flow runs", name_of(what));
    trip->steps++;
    atomic_store_explicit(&trip->place, (trip->steps - 1) | INSIDE, memory_order_relaxed);
    if (trip->astray)
        return NULL;
    if (step == trip->end || step[0] != what) {
        fault(trip, "step %u is %s instead of %s", trip->steps, name_of(what),
              step == trip->end ? "the end" : name_of(step[0]));
        trip->astray = true;
        return NULL;
    }
    trip->due += 2 + step[1];
    for (unsigned i = 0; i < step[1]; i++)
        if (step[2 + i] & ENTER)
            enter(trip, step[2 + i]);
    return step;
}

static void finish(struct trip *trip, const uint32_t *step)
{
    for (unsigned i = 0; step != NULL && i < step[1]; i++)
        if (step[2 + i] & LEAVE)
            leave(step[2 + i]);
    atomic_store_explicit(&trip->place, trip->steps - 1, memory_order_relaxed);
    atomic_store_explicit(&trip->busy, 0, memory_order_relaxed);
}

#define HELD_MAX 64

/* What stands between the reading and the writing of the counters is what may let others in. */
static void count_around(struct trip *trip, const uint32_t *step, const struct kit_node *node,
                         uint64_t state)
{
    long seen[HELD_MAX];
    unsigned count = step == NULL ? 0 : step[1] < HELD_MAX ? step[1] : HELD_MAX;

    for (unsigned i = 0; i < count; i++)
        seen[i] = guards[INSTANCE(step[2 + i])].counter;
    wait_a_while(trip, step, node, state);
    for (unsigned i = 0; i < count; i++) {
        struct guard *guard = &guards[INSTANCE(step[2 + i])];
        if (step[2 + i] & WRITE)
            guard->counter = seen[i] + 1;
        else if (guard->counter != seen[i])
            fault(trip, "'%s' was written while it was read",
                  program->constraints[INSTANCE(step[2 + i]) / PLACES]);
    }
}

static unsigned failed_node(void)
{
    const char *name = flux_failed_node();
    for (unsigned i = 0; name != NULL && i < program->node_count; i++)
        if (strcmp(name, program->nodes[i].name) == 0)
            return i + 1;
    return name == NULL ? 0 : 9999;
}

static uint64_t output(struct trip *trip, char kind, uint64_t value)
{
    static const int limits[2][3] = {{0, 1, 2}, {-1, 60000, -1}};

    switch (kind) {
    case 'w':
        return (uint32_t)value;
    case 'f':
        return (uint64_t)(int64_t)make_fd(trip, (value >> 20) % 4);
    case 'l':
        return (uint64_t)(int64_t)limits[program->late][(value >> 20) % (program->late ? 2 : 3)];
    case 'x':
        return (value >> 20) % 1000;
    default:
        return value;
    }
}

/* Oracle.call in oracle.py does the same. */
static int call(struct trip *trip, unsigned number, const uint64_t *inputs, unsigned count,
                uint64_t *outputs)
{
    const struct kit_node *node = &program->nodes[number];
    const uint32_t *step = begin(trip, number);
    uint64_t state = mix(number + 1, trip->steps), session = flux_session_id();
    int error = 0;

    if (trip->steps == 1) /* a source: what it returns is as good as an input */
        state = mix(state, trip->number);
    for (unsigned i = 0; i < count; i++)
        state = mix(state, inputs[i]);
    trip->born = flux_flow_id() != 0;
    state = mix(mix(state, failed_node()), (uint64_t)(int64_t)flux_failed_code());
    state = mix(state, session);
    trip->hash = mix(trip->hash, state);
    count_around(trip, step, node, state);
    if (trip->steps > MAX_STEPS)
        error = ELOOP;
    else if ((state >> 40) % 16 < node->fails)
        error = node->code;
    else
        for (unsigned i = 0; node->outputs[i] != '\0'; i++)
            outputs[i] = output(trip, node->outputs[i], mix(state, i + 1));
    finish(trip, step);
    return error;
}

int kit_call(unsigned node, const struct trip *given, const uint64_t *inputs, unsigned count,
             uint64_t *outputs, struct trip **trip)
{
    *trip = here();
    if (given != NULL && given != *trip)
        fault(*trip, "%s is given the trip of another flow", program->nodes[node].name);
    return call(*trip, node, inputs, count, outputs);
}

static int test(struct trip *trip, unsigned predicate, int answer)
{
    const uint32_t *step = begin(trip, PREDICATE | predicate);
    static const struct kit_node yields = {.wait = KIT_YIELD};
    count_around(trip, step, &yields, 0);
    finish(trip, step);
    return answer;
}

int kit_test(unsigned predicate, uint64_t value)
{
    unsigned holds = program->predicates[predicate].holds;
    return test(here(), predicate, (mix(predicate + 1, value) >> 40) % 8 < holds);
}

int kit_test_int(unsigned predicate, int value)
{
    return test(here(), predicate, value < 0);
}

int kit_test_trip(unsigned predicate, const struct trip *trip)
{
    if (trip != here())
        fault(here(), "%s is asked about the trip of another flow",
              program->predicates[predicate].name);
    return kit_test(predicate, trip->source * 1000 + trip->number);
}

/* ---- sources, ends --------------------------------------------------------------------------- */

/* flux_defer of every flow. */
static void end(void *argument)
{
    struct trip *trip = argument;

    if (here() != trip)
        fault(trip, "ends in the frame of another flow");
    if (!trip->astray && trip->due != trip->end)
        fault(trip, "ends after %u steps instead of calling %s", trip->steps,
              name_of(trip->due[0]));
    for (unsigned i = 0; i < 3; i++)
        close_pair(trip->fds[i]);
    for (unsigned i = 0; i < trip->late_count; i++)
        late_release(trip->late[i]);
    atomic_fetch_add(&trip->ended, 1);
    atomic_store_explicit(&trip->frame, NULL, memory_order_relaxed);
    atomic_fetch_add_explicit(&progress, 1, memory_order_relaxed);
    if (atomic_fetch_add(&ended_count, 1) + 1 == trip_count && program->mail)
        send_by(mail, NULL); /* there will be no more */
}

int kit_source(unsigned source, unsigned node, uint64_t *outputs, struct trip **trip)
{
    unsigned number = atomic_fetch_add(&begun[source], 1);

    if (number >= program->sources[source].flows)
        return FLUX_STOP;
    *trip = &trips[first[source] + number];
    atomic_store_explicit(&(*trip)->frame, fluxi_current, memory_order_relaxed);
    if (flux_defer(end, *trip) != 0)
        fault(*trip, "flux_defer fails");
    return call(*trip, node, NULL, 0, outputs);
}

uint64_t kit_session(void)
{
    struct trip *trip = here();
    return 1 + mix(trip->source + 1, trip->number) % SESSIONS;
}

int kit_edge(int final)
{
    atomic_fetch_add(&edges[final], 1);
    return 0;
}

/* ---- reports --------------------------------------------------------------------------------- */

static void print_results(void)
{
    for (unsigned i = 0; i < trip_count; i++) {
        struct trip *trip = &trips[i];
        printf("%s %u: %u steps, %016llx, ended %u\n", program->sources[trip->source].name,
               trip->number, trip->steps, (unsigned long long)trip->hash,
               atomic_load(&trip->ended));
    }
    for (unsigned i = 0; i < program->constraint_count; i++) {
        printf("%s:", program->constraints[i]);
        for (unsigned k = 0; k < PLACES; k++)
            printf(" %ld", guards[i * PLACES + k].counter);
        printf("\n");
    }
    printf("initial and final: %u %u\n", atomic_load(&edges[0]), atomic_load(&edges[1]));
    for (unsigned i = 0; i < program->constraint_count * PLACES; i++) {
        unsigned state = atomic_load(&guards[i].state), most = atomic_load(&guards[i].most);
        if (state != 0)
            fault(NULL, "somebody is still inside '%s'", program->constraints[i / PLACES]);
        if (most > 1)
            printf("readers of %s: %u\n", program->constraints[i / PLACES], most);
    }
    if (atomic_load(&letters_sent) != atomic_load(&letters_delivered))
        fault(NULL, "%u letters were sent, %u delivered", atomic_load(&letters_sent),
              atomic_load(&letters_delivered));
    fflush(stdout);
}

/* Where each trip stands. A signal's handler: nothing is called but snprintf, which takes no lock,
 * and the system's write. */
static void report(void)
{
    char line[512];
    for (unsigned i = 0; i < trip_count; i++) {
        struct trip *trip = &trips[i];
        if (atomic_load(&trip->frame) == NULL)
            continue;
        unsigned place = atomic_load(&trip->place);
        const uint32_t *step = plan + 2 + 2 * trip_count + plan[2 + 2 * i + 1];
        uint32_t held[HELD_MAX];
        unsigned count = 0;
        for (unsigned k = 0; k < (place & ~INSIDE) && step < trip->end; k++)
            step += 2 + step[1];
        int n =
            snprintf(line, sizeof line, "kit: %s %u is %s %s", program->sources[trip->source].name,
                     trip->number, place & INSIDE ? "in" : "behind",
                     step < trip->end ? name_of(step[0]) : "its end");
        for (unsigned k = 0; step < trip->end && k < step[1] && count < HELD_MAX; k++)
            if (place & INSIDE || !(step[2 + k] & LEAVE))
                held[count++] = step[2 + k];
        for (unsigned k = 0; k < count && n < (int)sizeof line - 60; k++)
            n += snprintf(line + n, sizeof line - (size_t)n, "%s%s%s", k == 0 ? ", holds " : " ",
                          program->constraints[INSTANCE(held[k]) / PLACES],
                          held[k] & WRITE ? "" : "?");
        if (!(place & INSIDE) && trip->due < trip->end && n < (int)sizeof line - 60) {
            n += snprintf(line + n, sizeof line - (size_t)n, ", next is %s", name_of(trip->due[0]));
            for (unsigned k = 0; k < trip->due[1] && n < (int)sizeof line - 60; k++)
                if (trip->due[2 + k] & ENTER)
                    n += snprintf(line + n, sizeof line - (size_t)n, " with %s%s",
                                  program->constraints[INSTANCE(trip->due[2 + k]) / PLACES],
                                  trip->due[2 + k] & WRITE ? "" : "?");
        }
        line[n++] = '\n';
        syscall(SYS_write, STDERR_FILENO, line, n);
    }
}

static unsigned patience = 20;

/* Only debug builds of runtimes have it: SIGQUIT then makes the main thread say who holds what. */
extern void fluxi_order_report(void) __attribute__((weak));

static void watch(int number)
{
    static unsigned last;
    static bool told;
    unsigned now = atomic_load(&progress);

    (void)number;
    if (told)
        _exit(99);
    if (now == last) {
        static const char text[] = "kit: hangs\n";
        syscall(SYS_write, STDERR_FILENO, text, sizeof text - 1);
        report();
        if (fluxi_order_report == NULL)
            _exit(99);
        told = true;
        kill(getpid(), SIGQUIT);
    }
    last = now;
    alarm(told ? 2 : patience);
}

static void read_plan(void)
{
    FILE *file = fopen("plan", "rb");
    uint32_t counts[2];

    if (file == NULL || fread(counts, sizeof counts, 1, file) != 1) {
        fprintf(stderr, "kit: there is no plan here\n");
        exit(98);
    }
    size_t words = 2 + 2 * (size_t)counts[0] + counts[1];
    plan = calloc(words, sizeof *plan);
    plan[0] = counts[0];
    plan[1] = counts[1];
    if (fread(plan + 2, sizeof *plan, words - 2, file) != words - 2)
        exit(98);
    fclose(file);
}

void kit_register(const struct kit_program *it)
{
    program = it;
    read_plan();
    trip_count = plan[0];
    trips = calloc(trip_count, sizeof *trips);
    begun = calloc(it->source_count, sizeof *begun);
    first = calloc(it->source_count, sizeof *first);
    guards = calloc(it->constraint_count * PLACES + 1, sizeof *guards);

    const uint32_t *steps = plan + 2 + 2 * trip_count, *all = steps + plan[1];
    unsigned index = 0;
    for (unsigned s = 0; s < it->source_count; s++) {
        first[s] = index;
        for (unsigned n = 0; n < it->sources[s].flows; n++, index++) {
            struct trip *trip = &trips[index];
            trip->source = s;
            trip->number = n;
            trip->due = steps + plan[2 + 2 * index + 1];
            trip->end = index + 1 < trip_count ? steps + plan[2 + 2 * (index + 1) + 1] : all;
            memset(trip->fds, -1, sizeof trip->fds);
        }
    }
    if (it->mail && pipe2(mail, O_CLOEXEC) != 0)
        exit(98);
    atexit(print_results);
    const char *given = getenv("KIT_PATIENCE");
    if (given != NULL)
        patience = (unsigned)atoi(given);
    signal(SIGALRM, watch);
    alarm(patience);
}

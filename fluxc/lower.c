/* lower.c - from nodes to PROG (prog.h): every flow written out step by step.
 *
 * A node becomes, in this order and as far as it has them:
 *
 *      copy its input (repeat) ; await ; take its constraints ; its body ; test the repeat's
 *      pattern ; give the constraints back ; copy and turn, or go on
 *      behind that, cold: give back after an error ; its handler
 *
 * The walk knows which constraints are held at each step, so a node inside a holder takes nothing
 * again (R30), and where an error goes, so each step has its own error edge. Control goes forward
 * in the order of the steps, but for turns: a value's life is an interval of steps.
 */
#include "lower.h"
#include "table.h"

/* An error message beats an exhausted machine: nodes are expanded wherever they stand. */
enum { PLACES_MAX = 200000, DEPTH_MAX = 3000 };

/* ---- steps, labels, values ------------------------------------------------------------------- */

static unsigned label_new(struct lowering *l)
{
    struct label label = {STEP_NONE, false};
    vector_push(l->arena, &l->labels, label);
    return l->labels.count - 1;
}

static unsigned label_use(struct lowering *l, unsigned label)
{
    l->labels.at[label].used = true;
    return label;
}

static void label_here(struct lowering *l, unsigned label)
{
    l->labels.at[label].step = l->routine->steps.count;
}

static bool label_used(const struct lowering *l, unsigned label)
{
    return l->labels.at[label].used;
}

/* The pointer is good until the next step. */
static struct step *add(struct lowering *l, enum step_op op, struct place *place, struct span span)
{
    struct step step = {.op = op,
                        .next = FOLLOWING,
                        .other = STEP_NONE,
                        .place = place,
                        .span = span,
                        .cold = l->cold};
    vector_push(l->arena, &l->routine->steps, step);
    return &l->routine->steps.at[l->routine->steps.count - 1];
}

static void add_goto(struct lowering *l, unsigned label, struct place *place, struct span span)
{
    add(l, STEP_GOTO, place, span)->next = label_use(l, label);
}

/* A step that a runtime may want to announce. */
static struct step *add_step(struct lowering *l, enum step_op op, struct place *place,
                             struct span span)
{
    if (l->prog->steps)
        add(l, STEP_STEP, place, span);
    return add(l, op, place, span);
}

static struct place *place_new(struct lowering *l, struct node *node, struct place *up)
{
    struct place *place = arena_alloc(l->arena, sizeof *place);
    place->node = node;
    place->up = up;
    place->index = l->prog->places.count;
    vector_push(l->arena, &l->prog->places, place);
    return place;
}

/* A value that some step will make; NULL where there is nothing to hold. */
static struct value *value_new(struct lowering *l, struct node *node, bool input)
{
    const struct fields *fields = input ? &node->inputs : &node->outputs;
    if (fields->count == 0)
        return NULL;
    struct value *value = arena_alloc(l->arena, sizeof *value);
    value->node = node;
    value->input = input;
    value->fields = fields;
    value->made = STEP_NONE;
    vector_push(l->arena, &l->routine->values, value);
    return value;
}

/* The next step writes it, perhaps not for the first time (joins, turns, recoveries). */
static void value_written(struct lowering *l, struct value *value)
{
    if (!value)
        return;
    if (value->made == STEP_NONE)
        value->made = l->routine->steps.count;
    value->read = l->routine->steps.count;
}

/* The next step reads it. One that was made before a loop began must live as long as the loop. */
static struct value *value_read(struct lowering *l, struct value *value)
{
    if (!value)
        return NULL;
    value->read = l->routine->steps.count;
    struct loop *longest = NULL;
    for (struct loop *loop = l->loop; loop && value->made < loop->begin; loop = loop->outer)
        longest = loop;
    if (longest)
        vector_push(l->arena, &longest->through, value);
    return value;
}

static void add_copy(struct lowering *l, struct value *from, struct value *to, struct place *place,
                     struct span span)
{
    if (!to || from == to)
        return;
    value_read(l, from);
    value_written(l, to);
    struct step *step = add(l, STEP_COPY, place, span);
    step->input = from;
    step->value = to;
}

/* ---- constraints ----------------------------------------------------------------------------- */

/* Takes what the node holds and nobody around it does; returns how many. */
static unsigned take(struct lowering *l, struct place *place, struct span span)
{
    struct node *node = place->node;
    unsigned taken = 0;
    for (unsigned i = 0; i < node->locks.count; i++) {
        const struct lock *lock = &node->locks.at[i];
        if (l->is_held[lock->constraint->rank])
            continue;
        struct step *step = add_step(l, STEP_TAKE, place, span);
        step->lock = lock;
        step->write = lock->write;
        l->is_held[lock->constraint->rank] = true;
        vector_push(l->arena, &l->held, lock);
        taken++;
    }
    return taken;
}

/* Emits the giving back of the last `count` held, in reverse (R29); they stay held for the walk. */
static void give(struct lowering *l, unsigned count, struct place *place, struct span span)
{
    for (unsigned i = 0; i < count; i++) {
        const struct lock *lock = l->held.at[l->held.count - 1 - i];
        struct step *step = add_step(l, STEP_GIVE, place, span);
        step->lock = lock;
        step->write = lock->write;
    }
}

static void forget_held(struct lowering *l, unsigned count)
{
    while (count-- > 0)
        l->is_held[l->held.at[--l->held.count]->constraint->rank] = false;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static struct value *lower_node(struct lowering *l, struct node *node, struct span span,
                                struct place *up, struct value *input, bool takes_error,
                                unsigned fail, bool first);

static struct value *lower_arm(struct lowering *l, const struct arm *arm, struct place *place,
                               struct value *input, unsigned fail, bool first)
{
    struct value *value = input;
    for (unsigned i = 0; i < arm->member_count; i++)
        value = lower_node(l, arm->members[i].node, arm->members[i].span, place, value, false, fail,
                           first && i == 0);
    return value;
}

/* The answers of one dispatch that several arms ask for (R19: each once). */
struct memo {
    struct memo *next; /* of the same function */
    unsigned field, uses, number;
};
struct memos {
    VECTOR(struct memo *) all;
    struct table of; /* function to its memos: semantic types may share one (R18) */
};

static struct memo *memo_find(struct memos *memos, const struct predicate *predicate,
                              unsigned field)
{
    struct memo *memo = table_get(&memos->of, predicate->function);
    while (memo && memo->field != field)
        memo = memo->next;
    return memo;
}

static void memo_use(struct lowering *l, struct memos *memos, const struct predicate *predicate,
                     unsigned field)
{
    struct memo *memo = memo_find(memos, predicate, field);
    if (!memo) {
        void **first = table_at(l->arena, &memos->of, predicate->function);
        memo = arena_alloc(l->arena, sizeof *memo);
        *memo = (struct memo){.next = *first, .field = field};
        *first = memo;
        vector_push(l->arena, &memos->all, memo);
    }
    memo->uses++;
}

/* Goes to `no` unless every pattern holds. */
static void lower_patterns(struct lowering *l, const struct pattern *patterns, struct value *value,
                           struct place *place, unsigned no, struct memos *memos, unsigned arm)
{
    bool first = arm == 0 || arm == STEP_REPEATS;
    for (unsigned i = 0; value && i < value->fields->count; i++) {
        if (!patterns[i].predicate)
            continue;
        if (l->prog->steps)
            add(l, STEP_STEP, place, patterns[i].span);
        value_read(l, value);
        struct step *step = add(l, STEP_TEST, place, patterns[i].span);
        step->input = value;
        step->field = i;
        step->predicate = patterns[i].predicate;
        step->other = label_use(l, no);
        struct memo *memo = memos ? memo_find(memos, patterns[i].predicate, i) : NULL;
        step->memo = memo ? memo->number : 0;
        step->arm = arm;
        step->first = first;
        first = false;
    }
}

static bool has_tests(const struct pattern *patterns, unsigned count)
{
    for (unsigned i = 0; patterns && i < count; i++)
        if (patterns[i].predicate)
            return true;
    return false;
}

/* How many arms can be reached: those up to the first whose patterns are all wildcards. */
static unsigned reachable_arms(const struct node *node)
{
    unsigned count = 0;
    while (count < node->arm_count)
        if (!has_tests(node->arms[count++].patterns, node->inputs.count))
            break;
    return count;
}

/* Numbers, from 1, the answers that more than one arm wants, and forgets those of the last time. */
static void number_memos(struct lowering *l, struct memos *memos, const struct place *place,
                         unsigned arms)
{
    const struct node *node = place->node;
    for (unsigned a = 0; a < arms; a++) {
        for (unsigned i = 0; i < node->inputs.count; i++) {
            const struct predicate *predicate = node->arms[a].patterns[i].predicate;
            if (predicate)
                memo_use(l, memos, predicate, i);
        }
    }
    unsigned number = 0;
    for (unsigned i = 0; i < memos->all.count; i++)
        if (memos->all.at[i]->uses > 1)
            memos->all.at[i]->number = ++number;
    if (number == 0)
        return;
    struct step *step = add(l, STEP_MEMO, (struct place *)place, node->arms[0].span);
    step->memo = 1;
    step->field = number;
    if (l->routine->memo_count < number)
        l->routine->memo_count = number;
}

/* Arms in textual order; no arm is an error of the node (R21). */
static struct value *lower_dispatch(struct lowering *l, struct place *place, struct value *input,
                                    unsigned fail, bool first)
{
    struct node *node = place->node;
    unsigned arms = reachable_arms(node);
    struct memos memos = {0};
    if (arms > 1)
        number_memos(l, &memos, place, arms);
    struct value *join = arms > 1 ? value_new(l, node, false) : NULL;
    struct value *value = input;
    unsigned done = label_new(l);
    bool exhaustive = false;

    for (unsigned a = 0; a < arms; a++) {
        const struct arm *arm = &node->arms[a];
        unsigned no = label_new(l);
        lower_patterns(l, arm->patterns, input, place, no, &memos, a);
        value = lower_arm(l, arm, place, input, fail, first);
        add_copy(l, value, join, place, arm->span);
        exhaustive = !label_used(l, no);
        if (!exhaustive || a + 1 < arms)
            add_goto(l, done, place, arm->span);
        label_here(l, no);
    }
    if (!exhaustive) {
        bool cold = l->cold;
        l->cold = true;
        add(l, STEP_NOMATCH, place, node->span)->next = label_use(l, fail);
        l->cold = cold;
    }
    label_here(l, done);
    return join ? join : value;
}

/* R35: the call stands between two moves, whatever its outcome. */
static void lower_call(struct lowering *l, struct place *place, struct span span,
                       struct value *input, struct value *value, bool takes_error, unsigned fail)
{
    bool blocking = place->node->blocking;
    unsigned failed = blocking ? label_new(l) : fail;
    if (blocking)
        add(l, STEP_BLOCK, place, span);
    if (l->prog->steps)
        add(l, STEP_STEP, place, span);
    value_read(l, input);
    value_written(l, value);
    struct step *step = add(l, STEP_CALL, place, span);
    step->input = input;
    step->value = value;
    step->takes_error = takes_error;
    step->other = label_use(l, failed);
    if (!blocking)
        return;
    unsigned done = label_new(l);
    add(l, STEP_UNBLOCK, place, span)->next = label_use(l, done);
    bool cold = l->cold;
    l->cold = true;
    label_here(l, failed);
    add(l, STEP_UNBLOCK, place, span)->next = label_use(l, fail);
    l->cold = cold;
    label_here(l, done);
}

/* ---- handlers -------------------------------------------------------------------------------- */

/* What the handler is called with. A concrete one takes the code straight into its struct; where
 * the values are needed again (its members, its own handler, an await) they are written down. */
static struct value *handler_input(struct lowering *l, const struct handler *handler,
                                   struct value *input, struct place *place, struct span span,
                                   bool *takes_error)
{
    struct node *node = handler->node;
    struct value *values = handler->takes_values ? input : NULL;
    *takes_error = handler->takes_error;
    if (!handler->takes_error ||
        (node->kind == NODE_CONCRETE && !node->await && !node->handler && !node->repeat))
        return values;
    value_read(l, values);
    struct value *written = value_new(l, node, true);
    value_written(l, written);
    struct step *step = add(l, STEP_COPY, place, span);
    step->input = values;
    step->value = written;
    step->takes_error = true;
    *takes_error = false;
    return written;
}

static void handler_begin(struct lowering *l, struct place *place, struct span span)
{
    vector_push(l->arena, &l->handlers, l->routine->steps.count);
    add(l, STEP_FAIL, place, span)->field = l->handlers.count - 1;
}

/* R25: everything is given back, then H runs, then the flow is over. */
static void lower_ending(struct lowering *l, const struct handler *handler, struct place *place,
                         struct span span, struct value *input)
{
    bool takes_error;
    handler_begin(l, place, span);
    give(l, l->held.count, place, span);

    unsigned count = l->held.count;
    const struct lock **saved = arena_alloc(l->arena, count * sizeof *saved + 1);
    for (unsigned i = 0; i < count; i++)
        saved[i] = l->held.at[i];
    forget_held(l, count);
    input = handler_input(l, handler, input, place, span, &takes_error);
    lower_node(l, handler->node, span, place->up, input, takes_error, l->escaped, false);
    label_use(l, l->escaped);
    for (unsigned i = 0; i < count; i++) {
        l->is_held[saved[i]->constraint->rank] = true;
        vector_push(l->arena, &l->held, saved[i]);
    }
    l->handlers.count--;
    add_goto(l, l->ended, place, span);
}

/* R25: H runs in the node's place, with what is around it still held; `out` gets its outputs. */
static void lower_recovering(struct lowering *l, const struct handler *handler, struct place *place,
                             struct span span, struct value *input, struct value *out,
                             unsigned fail)
{
    bool takes_error;
    handler_begin(l, place, span);
    input = handler_input(l, handler, input, place, span, &takes_error);
    struct value *value =
        lower_node(l, handler->node, span, place->up, input, takes_error, fail, false);
    l->handlers.count--;

    unsigned around = l->handlers.count;
    if (around > 0) {
        l->routine->steps.at[l->handlers.at[around - 1]].write = true;
        if (l->routine->failure_count < around)
            l->routine->failure_count = around;
    }
    add(l, STEP_RECOVER, place, span)->field = around;
    add_copy(l, value, out, place, span);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct value *lower_body(struct lowering *l, struct place *place, struct span span,
                                struct value *input, bool takes_error, unsigned fail, bool first)
{
    struct node *node = place->node;
    unsigned begin = l->routine->steps.count;
    struct value *value;

    if (node->kind == NODE_CONCRETE) {
        value = value_new(l, node, false);
        lower_call(l, place, span, input, value, takes_error, fail);
        return value;
    }
    if (node->dispatches)
        value = lower_dispatch(l, place, input, fail, first);
    else
        value = lower_arm(l, &node->arms[0], place, input, fail, first);

    /* A handler that recovers writes the outputs again: not over somebody else's value. */
    bool recovers = node->handler && !node->handler->ends;
    if (recovers && value && (value == input || value->made < begin)) {
        struct value *own = value_new(l, node, false);
        add_copy(l, value, own, place, span);
        value = own;
    }
    return value;
}

static void add_turn(struct lowering *l, struct value *value, struct value *turning, unsigned begin,
                     struct place *place, struct span span)
{
    add_copy(l, value, turning, place, span);
    add(l, STEP_TURN, place, span)->next = label_use(l, begin);
}

static struct value *lower_node(struct lowering *l, struct node *node, struct span span,
                                struct place *up, struct value *input, bool takes_error,
                                unsigned fail, bool first)
{
    if (l->too_large)
        return NULL;
    if (l->prog->places.count >= PLACES_MAX || l->depth >= DEPTH_MAX) {
        l->too_large = true;
        diag_report(l->program->diags, DIAG_PROGRAM_TOO_LARGE, span,
                    l->depth >= DEPTH_MAX ? "nodes nest deeper than %d levels here"
                                          : "the flows, written out, pass more than %d nodes here",
                    l->depth >= DEPTH_MAX ? DEPTH_MAX : PLACES_MAX);
        return NULL;
    }
    l->depth++;

    struct place *place = place_new(l, node, up);
    struct repeat *repeat = node->repeat;
    unsigned failed = node->handler ? label_new(l) : fail; /* after giving back */
    unsigned exit = label_new(l);
    unsigned begin = label_new(l);
    struct loop loop = {.outer = l->loop};

    if (repeat) {
        struct value *turning = value_new(l, node, true);
        add_copy(l, input, turning, place, span);
        input = turning;
        first = true;
        label_here(l, begin);
        loop.begin = l->routine->steps.count;
        l->loop = &loop;
    }
    if (node->await) {
        if (l->prog->steps)
            add(l, STEP_STEP, place, span);
        value_read(l, input);
        struct step *step = add(l, STEP_AWAIT, place, span);
        step->input = input;
        step->idle = first;
        step->other = label_use(l, failed);
    }
    unsigned taken = take(l, place, span);
    unsigned inner = taken > 0 ? label_new(l) : failed; /* before giving back */
    struct value *value = lower_body(l, place, span, input, takes_error, inner, first);

    unsigned leave = label_new(l);
    if (repeat) {
        lower_patterns(l, repeat->patterns, value, place, leave, NULL, STEP_REPEATS);
        give(l, taken, place, span);
        add_turn(l, value, input, begin, place, span);
        label_here(l, leave);
    }
    if (!repeat || label_used(l, leave)) {
        give(l, taken, place, span);
        add_goto(l, exit, place, span);
    }

    bool cold = l->cold;
    l->cold = true;
    if (taken > 0 && label_used(l, inner)) {
        label_here(l, inner);
        give(l, taken, place, span);
        add_goto(l, failed, place, span);
    }
    forget_held(l, taken);
    if (node->handler && label_used(l, failed)) {
        label_here(l, failed);
        if (l->in_source)
            add(l, STEP_STOPPED, place, span)->other = label_use(l, fail);
        if (node->handler->ends) {
            lower_ending(l, node->handler, place, node->handler->span, input);
        } else {
            lower_recovering(l, node->handler, place, node->handler->span, input, value, fail);
            if (repeat) {
                lower_patterns(l, repeat->patterns, value, place, exit, NULL, STEP_REPEATS);
                add_turn(l, value, input, begin, place, span);
            } else {
                add_goto(l, exit, place, span);
            }
        }
    }
    l->cold = cold;

    if (repeat) {
        l->loop = loop.outer;
        for (unsigned i = 0; i < loop.through.count; i++)
            loop.through.at[i]->read = l->routine->steps.count;
    }
    label_here(l, exit);
    l->depth--;
    return value;
}

/* ---- sources --------------------------------------------------------------------------------- */

/* Returns the place of the source node; *out: what the flow begins with. */
static struct place *lower_source_part(struct lowering *l, struct source *source,
                                       struct value **out)
{
    unsigned fail = label_new(l), index = l->prog->places.count;
    l->in_source = true;
    l->ended = label_new(l);
    l->escaped = fail;
    *out = lower_node(l, source->node, source->span, NULL, NULL, false, fail, false);
    struct place *top = l->too_large ? NULL : l->prog->places.at[index];
    if (source->session && *out && (*out)->node != source->node) { /* Fn reads a S_out (R17) */
        struct value *own = value_new(l, source->node, false);
        add_copy(l, *out, own, top, source->session_span);
        *out = own;
    }
    unsigned born = label_new(l);
    add_goto(l, born, top, source->span);
    l->cold = true;
    if (label_used(l, fail)) {
        label_here(l, fail);
        add(l, STEP_LEAVE, top, source->span);
    }
    if (label_used(l, l->ended)) {
        label_here(l, l->ended);
        add(l, STEP_LEAVE, top, source->span)->handled = true;
    }
    l->cold = false;
    l->in_source = false;
    label_here(l, born);
    if (source->session)
        value_read(l, *out);
    add(l, STEP_BORN, top, source->span)->input = source->session ? *out : NULL;
    return top;
}

static void lower_flow_part(struct lowering *l, struct source *source, struct place *begun_by,
                            struct value *input)
{
    struct value *begun_with = input;
    unsigned fail = label_new(l), end = label_new(l), finish = label_new(l);
    l->ended = label_new(l);
    l->escaped = label_new(l);

    if (source->session)
        add(l, STEP_JOIN, begun_by, source->session_span)->other = label_use(l, fail);
    lower_node(l, source->target, source->target_span, NULL, input, false, fail, false);
    add_goto(l, end, NULL, source->span);

    l->cold = true;
    if (label_used(l, fail)) {
        label_here(l, fail);
        struct handler *handler = l->program->default_handler;
        if (handler) {
            bool takes_error;
            handler_begin(l, NULL, handler->span);
            struct value *values =
                handler_input(l, handler, NULL, NULL, handler->span, &takes_error);
            lower_node(l, handler->node, handler->span, NULL, values, takes_error,
                       label_use(l, l->escaped), false);
            l->handlers.count--;
            add_goto(l, l->ended, NULL, source->span);
        } else {
            add_goto(l, l->escaped, NULL, source->span);
        }
    }
    if (label_used(l, l->escaped)) {
        label_here(l, l->escaped);
        add(l, STEP_UNHANDLED, NULL, source->span)->next = label_use(l, l->ended);
    }
    if (label_used(l, l->ended)) {
        label_here(l, l->ended);
        if (source->finally) /* it shall not see the failure of a handler (flux.h) */
            add(l, STEP_RECOVER, NULL, source->span);
        add_goto(l, end, NULL, source->span);
    }
    l->cold = false;

    label_here(l, end);
    if (source->finally) { /* R44 */
        unsigned escaped = l->escaped = label_new(l);
        l->ended = finish;
        lower_node(l, source->finally, source->finally_span, NULL, begun_with, false,
                   label_use(l, escaped), false);
        add_goto(l, finish, NULL, source->span);
        l->cold = true;
        label_here(l, escaped);
        add(l, STEP_UNHANDLED, NULL, source->finally_span)->next = label_use(l, finish);
        l->cold = false;
    }
    label_here(l, finish);
    add(l, STEP_END, NULL, source->span);
}

static void lower_source(struct lowering *l, struct source *source)
{
    struct value *value = NULL;
    struct place *place = NULL;
    l->routine = arena_alloc(l->arena, sizeof *l->routine);
    l->routine->source = source;
    vector_push(l->arena, &l->prog->routines, l->routine);
    l->labels.count = 0;
    if (source->node)
        place = lower_source_part(l, source, &value);
    lower_flow_part(l, source, place, value);
    if (l->too_large)
        return;
    settle_steps(l);
    settle_values(l);
}

struct prog *lower(struct program *program, bool steps)
{
    struct lowering l = {.arena = program->arena, .program = program};
    l.prog = arena_alloc(program->arena, sizeof *l.prog);
    l.prog->program = program;
    l.prog->steps = steps;
    l.is_held = arena_alloc(program->arena, program->constraints.count + 1);
    l.storages = arena_alloc(program->arena, program->nodes.count * 4 * sizeof *l.storages);
    for (unsigned i = 0; i < program->sources.count && !l.too_large; i++)
        lower_source(&l, program->sources.at[i]);
    return l.too_large ? NULL : l.prog;
}

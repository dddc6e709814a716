/* read.c - from JSON to a profile. The text may come from anywhere: each value is looked at, the
 * first that is not as it should be is named by its path ("nodes.Read.cpu[3]"), and texts lose what
 * would steer a terminal. What is missing is 0 or empty, what is unknown is passed over, so that a
 * later compiler may add to profiles; another format is refused. */
#include "profile.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FORMAT     1
#define MOST       1e18    /* of any number */
#define ITEMS_MOST 1000000 /* of any list */

struct reader {
    struct arena *arena;
    char path[256];
    const char *error; /* the first; nothing is read after it */
};

static void fail(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    char text[256];
    if (reader->error != NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    reader->error = arena_printf(reader->arena, "%s%s%s", reader->path,
                                 reader->path[0] != '\0' ? ": " : "", text);
}

/* Goes down to a member; returns what `leave` is to be given. */
static size_t enter(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(reader->path);
    va_start(arguments, format);
    vsnprintf(reader->path + length, sizeof reader->path - length,
              length == 0 && format[0] == '.' ? format + 1 : format, arguments);
    va_end(arguments);
    return length;
}

static void leave(struct reader *reader, size_t length)
{
    if (reader->error == NULL)
        reader->path[length] = '\0';
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Interned, and harmless for a terminal: C0, C1 and DEL become question marks. */
static const char *harmless(struct reader *reader, const char *text)
{
    char *copy = arena_printf(reader->arena, "%s", text);
    for (unsigned char *at = (unsigned char *)copy; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f)
            *at = '?';
        if (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
            at[0] = at[1] = '?';
    }
    return arena_intern_string(reader->arena, copy);
}

static double as_number(struct reader *reader, const json_t *value)
{
    double number = json_is_number(value) ? json_number_value(value) : -1;
    if (number >= 0 && number <= MOST)
        return number;
    fail(reader,
         json_is_number(value) ? "a number from 0 to 1e18 is expected" : "a number is expected");
    return 0;
}

static double number(struct reader *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return 0;
    size_t before = enter(reader, ".%s", name);
    double result = as_number(reader, value);
    leave(reader, before);
    return result;
}

static const char *as_text(struct reader *reader, const json_t *value)
{
    if (json_is_string(value))
        return harmless(reader, json_string_value(value));
    fail(reader, "a text is expected");
    return "";
}

static const char *text(struct reader *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return arena_intern_string(reader->arena, "");
    size_t before = enter(reader, ".%s", name);
    const char *result = as_text(reader, value);
    leave(reader, before);
    return result;
}

static bool truth(struct reader *reader, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value != NULL && !json_is_boolean(value)) {
        size_t before = enter(reader, ".%s", name);
        fail(reader, "true or false is expected");
        leave(reader, before);
    }
    return json_is_true(value);
}

/* The member, if it is of that type; NULL: there is none, or it is not. */
static json_t *member(struct reader *reader, const json_t *object, const char *name, json_type type)
{
    json_t *value = json_object_get(object, name);
    if (value == NULL || reader->error != NULL)
        return NULL;
    size_t before = enter(reader, ".%s", name);
    if (json_typeof(value) != type)
        fail(reader, type == JSON_ARRAY ? "a list is expected" : "an object is expected");
    else if (json_array_size(value) > ITEMS_MOST || json_object_size(value) > ITEMS_MOST)
        fail(reader, "it has more than a million members");
    leave(reader, before);
    return reader->error == NULL ? value : NULL;
}

static bool is_object(struct reader *reader, const json_t *value)
{
    if (!json_is_object(value))
        fail(reader, "an object is expected");
    return reader->error == NULL;
}

static void read_part(struct reader *reader, const json_t *item, struct spread *to)
{
    if (!json_is_array(item) || json_array_size(item) != 3) {
        fail(reader, "[from, to, count] is expected");
        return;
    }
    struct part part = {.from = as_number(reader, json_array_get(item, 0)),
                        .to = as_number(reader, json_array_get(item, 1)),
                        .count = as_number(reader, json_array_get(item, 2))};
    unsigned count = to->parts.count;
    if (part.to < part.from)
        fail(reader, "it ends before it begins");
    else if (count > 0 && part.from < to->parts.at[count - 1].to)
        fail(reader, "it begins before the end of the one before it");
    else if (part.count > 0)
        vector_push(reader->arena, &to->parts, part);
}

static struct spread histogram(struct reader *reader, const json_t *object, const char *name)
{
    struct spread result = {0};
    const json_t *value = json_object_get(object, name), *list;
    size_t before = enter(reader, ".%s", name);
    if (value != NULL && !json_is_array(value))
        fail(reader, "a histogram [[from, to, count], ...] is expected; what a simulator takes in "
                     "its place has not been measured");
    leave(reader, before);
    list = member(reader, object, name, JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(list) && reader->error == NULL; i++) {
        before = enter(reader, ".%s[%zu]", name, i);
        read_part(reader, json_array_get(list, i), &result);
        leave(reader, before);
    }
    return result;
}

/* Of requests that found the thread asleep, and of the others. */
static struct spread both(struct reader *reader, const json_t *object, const char *name)
{
    struct spread result = histogram(reader, object, name);
    struct spread idle = histogram(reader, object, arena_printf(reader->arena, "%s_idle", name));
    spread_add(reader->arena, &result, &idle, 1);
    return result;
}

/* ---- parts of a profile ---------------------------------------------------------------------- */

/* Each reads a member of an object or an item of a list. */
typedef void reads(struct reader *reader, struct profile *profile, const char *name,
                   const json_t *value);

static void read_object(struct reader *reader, struct profile *profile, const json_t *root,
                        const char *name, reads *read)
{
    json_t *object = member(reader, root, name, JSON_OBJECT);
    for (void *at = json_object_iter(object); at != NULL && reader->error == NULL;
         at = json_object_iter_next(object, at)) {
        const char *key = harmless(reader, json_object_iter_key(at));
        size_t before = enter(reader, ".%s.%.60s", name, key);
        read(reader, profile, key, json_object_iter_value(at));
        leave(reader, before);
    }
}

static void read_list(struct reader *reader, struct profile *profile, const json_t *root,
                      const char *name, reads *read)
{
    const json_t *list = member(reader, root, name, JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(list) && reader->error == NULL; i++) {
        size_t before = enter(reader, ".%s[%zu]", name, i);
        read(reader, profile, NULL, json_array_get(list, i));
        leave(reader, before);
    }
}

static void read_node(struct reader *reader, struct profile *profile, const char *name,
                      const json_t *value)
{
    if (!is_object(reader, value))
        return;
    struct node_profile node = {.name = name,
                                .file = text(reader, value, "file"),
                                .line = (unsigned)fmin(number(reader, value, "line"), 1e9),
                                .blocking = truth(reader, value, "blocking"),
                                .calls = number(reader, value, "calls"),
                                .errors = number(reader, value, "errors"),
                                .cpu = both(reader, value, "cpu"),
                                .blocked = both(reader, value, "blocked"),
                                .await = both(reader, value, "await")};
    vector_push(reader->arena, &profile->nodes, node);
}

static void read_place(struct reader *reader, struct profile *profile, const char *unused,
                       const json_t *value)
{
    (void)unused;
    if (!is_object(reader, value))
        return;
    struct place_profile place = {.node = text(reader, value, "node"),
                                  .source = text(reader, value, "source"),
                                  .calls = number(reader, value, "calls"),
                                  .errors = number(reader, value, "errors"),
                                  .cpu = both(reader, value, "cpu"),
                                  .blocked = both(reader, value, "blocked"),
                                  .await = both(reader, value, "await")};
    const json_t *path = member(reader, value, "path", JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(path); i++)
        vector_push(reader->arena, &place.path, as_text(reader, json_array_get(path, i)));
    vector_push(reader->arena, &profile->places, place);
}

static void read_choice(struct reader *reader, struct profile *profile, const char *name,
                        const json_t *value, bool repeats)
{
    struct choice_profile choice = {.node = name, .repeats = repeats};
    if (!json_is_array(value) || json_array_size(value) > ITEMS_MOST)
        fail(reader, "a list of counts is expected");
    for (size_t i = 0; i < json_array_size(value) && reader->error == NULL; i++)
        vector_push(reader->arena, &choice.counts, as_number(reader, json_array_get(value, i)));
    if (repeats && choice.counts.count != 2)
        fail(reader, "two counts are expected");
    vector_push(reader->arena, &profile->choices, choice);
}

static void read_arms(struct reader *reader, struct profile *profile, const char *name,
                      const json_t *value)
{
    read_choice(reader, profile, name, value, false);
}

static void read_repeat(struct reader *reader, struct profile *profile, const char *name,
                        const json_t *value)
{
    read_choice(reader, profile, name, value, true);
}

static void read_session(struct reader *reader, struct profile *profile, const char *name,
                         const json_t *value)
{
    if (!is_object(reader, value))
        return;
    struct session_profile session = {.source = name,
                                      .sessions = number(reader, value, "sessions"),
                                      .flows = number(reader, value, "flows")};
    const json_t *most = member(reader, value, "most", JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(most) && reader->error == NULL; i++)
        vector_push(reader->arena, &session.most, as_number(reader, json_array_get(most, i)));
    vector_push(reader->arena, &profile->sessions, session);
}

static void read_constraint(struct reader *reader, struct profile *profile, const char *name,
                            const json_t *value)
{
    if (!is_object(reader, value))
        return;
    struct constraint_profile constraint = {.name = name,
                                            .session = truth(reader, value, "session"),
                                            .taken = number(reader, value, "taken"),
                                            .waits = number(reader, value, "waits"),
                                            .waited = histogram(reader, value, "waited")};
    vector_push(reader->arena, &profile->constraints, constraint);
}

static void read_source(struct reader *reader, struct profile *profile, const char *name,
                        const json_t *value)
{
    if (!is_object(reader, value))
        return;
    struct source_profile source = {.name = name,
                                    .flows = number(reader, value, "flows"),
                                    .failures = number(reader, value, "failures"),
                                    .ended = number(reader, value, "ended"),
                                    .requests = number(reader, value, "requests"),
                                    .arrivals = histogram(reader, value, "arrivals"),
                                    .request_arrivals =
                                        histogram(reader, value, "request_arrivals")};
    vector_push(reader->arena, &profile->sources, source);
}

static void read_way(struct reader *reader, struct profile *profile, const char *unused,
                     const json_t *value)
{
    (void)unused;
    if (!is_object(reader, value))
        return;
    struct way_profile way = {.source = text(reader, value, "source"),
                              .begins = text(reader, value, "begins"),
                              .ends = text(reader, value, "ends"),
                              .number = number(reader, value, "number"),
                              .count = number(reader, value, "count"),
                              .sampled = number(reader, value, "sampled"),
                              .cpu = number(reader, value, "cpu"),
                              .blocked = number(reader, value, "blocked"),
                              .waited = number(reader, value, "waited")};
    const json_t *steps = member(reader, value, "steps", JSON_ARRAY);
    for (size_t i = 0; i < json_array_size(steps); i++)
        vector_push(reader->arena, &way.steps, as_text(reader, json_array_get(steps, i)));
    way.key = arena_intern_string(reader->arena, arena_printf(reader->arena, "%s %.0f %s",
                                                              way.source, way.number, way.begins));
    vector_push(reader->arena, &profile->ways, way);
}

static void read_spent(struct reader *reader, struct latency_profile *class, const json_t *spent,
                       const char *name, enum spent_kind kind)
{
    json_t *object = member(reader, spent, name, JSON_OBJECT);
    for (void *at = json_object_iter(object); at != NULL && reader->error == NULL;
         at = json_object_iter_next(object, at)) {
        const char *key = harmless(reader, json_object_iter_key(at));
        size_t before = enter(reader, ".%s.%.60s", name, key);
        double time = as_number(reader, json_object_iter_value(at));
        leave(reader, before);
        vector_push(reader->arena, &class->spent, ((struct spent){kind, key, time}));
    }
}

static void read_latency(struct reader *reader, struct profile *profile, const char *unused,
                         const json_t *value)
{
    (void)unused;
    if (!is_object(reader, value))
        return;
    struct latency_profile class = {.from = number(reader, value, "from"),
                                    .to = number(reader, value, "to"),
                                    .count = number(reader, value, "count")};
    unsigned count = profile->latency.count;
    const json_t *spent = member(reader, value, "spent", JSON_OBJECT);
    if (class.to < class.from)
        fail(reader, "it ends before it begins");
    if (count > 0 && class.from < profile->latency.at[count - 1].to)
        fail(reader, "it begins before the end of the one before it");
    size_t before = enter(reader, ".spent");
    read_spent(reader, &class, spent, "node", SPENT_NODE);
    read_spent(reader, &class, spent, "constraint", SPENT_CONSTRAINT);
    read_spent(reader, &class, spent, "await", SPENT_AWAIT);
    struct spent other = {SPENT_OTHER, arena_intern_string(reader->arena, ""),
                          number(reader, spent, "other")};
    leave(reader, before);
    vector_push(reader->arena, &class.spent, other);
    vector_push(reader->arena, &profile->latency, class);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Seconds since 1970. */
static double read_started(struct reader *reader, const char *started)
{
    struct tm tm = {0};
    const char *end = strptime(started, "%Y-%m-%dT%H:%M:%S", &tm);
    if (started[0] != '\0' && (end == NULL || *end != 'Z')) {
        size_t before = enter(reader, ".started");
        fail(reader, "a time like 2026-11-29T12:00:00Z is expected");
        leave(reader, before);
    }
    return started[0] != '\0' ? (double)timegm(&tm) : 0;
}

static void read_root(struct reader *reader, struct profile *profile, const json_t *root)
{
    const json_t *format = json_object_get(root, "format");
    if (!json_is_object(root) || format == NULL || json_object_get(root, "nodes") == NULL) {
        fail(reader, "this is no profile of a Flux program (no \"format\" and \"nodes\")");
        return;
    }
    if (!json_is_integer(format) || json_integer_value(format) != FORMAT) {
        if (json_is_integer(format))
            fail(reader, "it has format %lld; this fluxprof reads %d",
                 (long long)json_integer_value(format), FORMAT);
        else
            fail(reader, "format: a number is expected");
        return;
    }
    profile->program = text(reader, root, "program");
    profile->runtime = text(reader, root, "runtime");
    profile->started = text(reader, root, "started");
    profile->begin = read_started(reader, profile->started);
    profile->cores = number(reader, root, "cores");
    profile->executors = number(reader, root, "executors");
    profile->helpers = number(reader, root, "helpers");
    profile->processes = number(reader, root, "processes");
    profile->seconds = number(reader, root, "seconds");
    profile->sampled = number(reader, root, "sampled");
    profile->cpu_seconds = number(reader, root, "cpu_seconds");
    read_object(reader, profile, root, "nodes", read_node);
    read_object(reader, profile, root, "arm_counts", read_arms);
    read_object(reader, profile, root, "repeat_counts", read_repeat);
    read_object(reader, profile, root, "session_counts", read_session);
    read_object(reader, profile, root, "constraints", read_constraint);
    read_list(reader, profile, root, "places", read_place);
    read_object(reader, profile, root, "sources", read_source);
    read_list(reader, profile, root, "paths", read_way);
    read_list(reader, profile, root, "latency", read_latency);
}

bool profile_parse(struct profile *profile, struct arena *arena, const char *text_, size_t size,
                   const char **error)
{
    struct reader reader = {.arena = arena};
    json_error_t problem;
    *profile = (struct profile){.arena = arena};
    json_t *root = json_loadb(text_, size, JSON_REJECT_DUPLICATES, &problem);
    if (root == NULL)
        fail(&reader, "line %d, column %d: %s", problem.line, problem.column, problem.text);
    else
        read_root(&reader, profile, root);
    json_decref(root);
    *error = reader.error;
    return reader.error == NULL;
}

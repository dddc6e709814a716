/* graph.c - debug builds: the orders in which constraints have been taken, and whether they make a
 * circle.
 *
 * A node is a name, an edge from a to b says that a flow that held a wanted b, and which was the
 * first to. When an edge is added, a way from its end to its beginning is looked for, breadth
 * first: the shortest is the one that is easiest to understand. Flows that follow the edges of a
 * circle at the same time, each with its first constraint held, wait for each other for ever; that
 * they did so one after another this time is luck.
 *
 * A flow that holds a and b and wants c adds both a to c and b to c, so that every pair is shown by
 * one flow. Edges are never taken away.
 */
#include "guard.h"
#include "record.h"

#include <stdlib.h>

#define BUCKETS   256u
#define EDGES_MAX 65536u

struct edge {
    struct sighting shown;
    struct node *from, *to;
    struct edge *next; /* from the same node */
};

struct node {
    const char *name;
    struct node *next; /* in its bucket */
    struct edge *edges;

    /* Of the search that has come to it last. */
    unsigned search;
    struct edge *by;      /* how it was found; NULL: it is where the search began */
    struct node *further; /* found after it */
};

static struct {
    atomic_uint guard;
    struct node *bucket[BUCKETS];
    unsigned edges, searches;
} graph;

/* FNV-1a (draft-eastlake-fnv, section 2). */
static unsigned hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash % BUCKETS;
}

/* Found or made; NULL: no memory. */
static struct node *node_of(const char *name)
{
    struct node **bucket = &graph.bucket[hash(name)], *node = *bucket;
    while (node != NULL && strcmp(node->name, name) != 0)
        node = node->next;
    if (node == NULL && (node = calloc(1, sizeof *node)) != NULL) {
        node->name = name;
        node->next = *bucket;
        *bucket = node;
    }
    return node;
}

static struct edge *edge_find(const struct node *from, const struct node *to)
{
    struct edge *edge = from->edges;
    while (edge != NULL && edge->to != to)
        edge = edge->next;
    return edge;
}

static bool edge_add(struct node *from, struct node *to, const struct sighting *sighting)
{
    struct edge *edge = graph.edges < EDGES_MAX ? malloc(sizeof *edge) : NULL;
    if (edge == NULL)
        return false;
    *edge = (struct edge){.shown = *sighting, .from = from, .to = to, .next = from->edges};
    from->edges = edge;
    graph.edges++;
    return true;
}

/* Is there a way? Leaves in each node that it comes by how it came there. */
static bool find_way(struct node *from, const struct node *to)
{
    struct node *last = from;
    from->search = ++graph.searches;
    from->by = NULL;
    from->further = NULL;
    for (struct node *node = from; node != NULL; node = node->further) {
        if (node == to)
            return true;
        for (struct edge *edge = node->edges; edge != NULL; edge = edge->next) {
            if (edge->to->search == graph.searches)
                continue;
            edge->to->search = graph.searches;
            edge->to->by = edge;
            edge->to->further = NULL;
            last = last->further = edge->to;
        }
    }
    return false;
}

/* The way that was found, from its beginning; of a long one the end. */
static void note_way(const struct node *to, struct circle *circle)
{
    for (; to->by != NULL && circle->count < CIRCLE_MAX; to = to->by->from) {
        memmove(circle->shown + 1, circle->shown, circle->count * sizeof circle->shown[0]);
        circle->shown[0] = &to->by->shown;
        circle->count++;
    }
}

bool fluxi_graph_add(const struct sighting *sighting, struct circle *circle)
{
    bool added = false;
    circle->count = 0;
    fluxi_guard_lock(&graph.guard);
    struct node *from = node_of(sighting->held.name), *to = node_of(sighting->wanted.name);
    if (from != NULL && to != NULL) {
        added = edge_find(from, to) != NULL;
        if (!added && find_way(to, from))
            note_way(from, circle);
        else if (!added)
            added = edge_add(from, to, sighting);
    }
    fluxi_guard_unlock(&graph.guard);
    return added;
}

void fluxi_graph_free(void)
{
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct node *node = graph.bucket[i], *next; node != NULL; node = next) {
            for (struct edge *edge = node->edges, *after; edge != NULL; edge = after) {
                after = edge->next;
                free(edge);
            }
            next = node->next;
            free(node);
        }
        graph.bucket[i] = NULL;
    }
    graph.edges = 0;
}

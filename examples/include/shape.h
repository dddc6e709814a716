/* shape.h - the type that the flows of include.flux carry. Data is copied from node to node as by
 * assignment: a struct by value is as good as a pointer. */
#ifndef SHAPE_H
#define SHAPE_H

struct shape {
    enum { CIRCLE, SQUARE } kind;
    double size; /* diameter or side */
};

#endif

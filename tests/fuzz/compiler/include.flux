// include.flux - a program in several files.
//
// `include` takes in the declarations of another file: looked for beside this one, then along the
// folders given with -I, and read once, however often it is included. Declarations stand in any
// order, so it does not matter which file names a node first. Text between %{ and %} goes to the
// top of the generated header: that is where the types of the fields come from.

%{
#include "shape.h"
%}

include "shapes.flux";

Shapes () => (struct shape shape);
Print (const char *name, double area) => ();

source Shapes => Show;
Show = Measure -> Print;

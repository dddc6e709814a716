// R29: C holds x and takes z below, D takes both. Where each takes them in an order of its own, they
// wait for each other sooner or later; taken by name, x first, no flow is ever stuck.

Left () => (int n);
Right () => (int n);
P (int n) => (int n);
E (int n) => ();
F (int n) => ();
Print () => ();
final Print;

source Left => C;
source Right => D;
C = P -> E;
D = F;

atomic C:{x};
atomic E:{z};
atomic D:{x, z};

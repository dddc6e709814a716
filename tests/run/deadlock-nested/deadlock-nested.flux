// R31: taken as written, C holds x and waits for z below, while D holds z of another flow's E and
// waits for x ... unless constraints are taken early. Under contention, no flow is ever stuck.

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

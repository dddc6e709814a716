// R31: the deadlock of the paper. A holds x and wants y below, C holds y and wants x below.

Left () => (int n);
Right () => (int n);
B (int n) => ();
D (int n) => ();
Print () => ();
final Print;

source Left => A;
source Right => C;
A = B;
C = D;

atomic A:{x};
atomic B:{y};
atomic C:{y};
atomic D:{x};

// R25, R26: B fails and its ending handler Log fails too. The error goes no further: Fix must not run
// (the constraint is gone, D would run without it), and the flow is over.

Src () => (int n);
B (int n) => (int n);
C (int n) => (int n);
D (int n) => ();
Log (int n, int error) => ();
Fix (int n, int error) => (int n);
Print () => ();
final Print;

source Src => Outer;
Outer = A -> D;
A = B -> C;
handle error B => Log;
handle error A => Fix;
atomic Outer:{ledger};

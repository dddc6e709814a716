// R13, R15, R33: no more than --max-flows flows at once; the source waits. The flows of a clock come
// on top.

Numbers () => (int n);
Enter (int n) => (int n);
Leave (int n) => ();
Tick () => ();
Print () => ();
final Print;

source Numbers => Flow;
Flow = Enter -> Leave;
source every 1 ms => Tick;

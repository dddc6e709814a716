// R33, R9: with one worker, the flows of a pool run in the order in which they were started.

Numbers () => (int n);
Check (int n) => ();
Print () => ();
final Print;

source Numbers => Check;

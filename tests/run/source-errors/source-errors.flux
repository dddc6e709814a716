// R14: FLUX_STOP ends a source from any node of it, and no handler sees it; another error that leaves
// it starts no flow. Inside it handlers work: one that recovers, one that ends the run, and `*`,
// which covers nothing in a source.

Draw () => (int n);
Check (int n) => (int n);
Last (int n) => (int n);
Mend (int n, int error) => (int n);
Drop (int n, int error) => ();
Never (int error) => ();
Print (int n) => ();

source Numbers => Print;
Numbers = Draw -> Check -> Last;
handle error Check => Mend;
handle error Last => Drop;
handle error * => Never;

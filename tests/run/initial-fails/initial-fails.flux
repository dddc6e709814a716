// R43: an error from the initial node exits 1, before any source runs; the final node does not run.

Setup () => ();
TearDown () => ();
initial Setup;
final TearDown;
Source () => (int n);
Print (int n) => ();
source Source => Print;

// R43, R44: what runs when. Flows come one at a time here, so their order is certain: initial, source,
// nodes, handler, finally, deferred actions in reverse; after the last flow, final.

Setup () => ();
TearDown () => ();
initial Setup;
final TearDown;

Source () => (int n);
Work (int n) => (int n);
Last (int n) => ();
Trouble (int n, int error) => ();
Finally (int n) => ();

source Source => Flow finally Finally;
Flow = Work -> Last;
handle error Flow => Trouble;
atomic Flow:{c};
atomic Finally:{c, d};

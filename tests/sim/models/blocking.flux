// Some compute, and then some of them wait for a call that blocks.
source Arrive => Serve;
Serve = Compute -> Store;
Store:[stored] = Write;
Store:[_] = Drop;
blocking Write;
Arrive () => (int request);
Compute (int request) => (int request);
Write (int request) => ();
Drop (int request) => ();
typedef stored IsStored;

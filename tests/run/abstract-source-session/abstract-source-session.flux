// R17: the session function of an abstract source is asked about that source's outputs, whichever
// way they came about: by its last member, by a handler that recovers, or through an empty arm.

Number () => (int n);
Check (int n) => (int checked);
Mend (int n, int code) => (int mended);
Print (int n) => ();

source Numbers {session: SessionOf} => Print;
Numbers () => (int seat);
Numbers = Number -> Sort;
Sort:[small] = ;
Sort:[_] = Check;
typedef small IsSmall;
handle error Check => Mend;

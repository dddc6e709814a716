// R30: a flow that holds a constraint takes it again without waiting, and what gives it back is the
// outermost node that holds it: nobody else gets in when an inner one has ended.

Numbers () => (int n);
First (int n) => (int n);
Second (int n) => (int n);
Last (int n) => ();
Print () => ();
final Print;

source Numbers => Outer;
Outer = First -> Inner -> Last;
Inner = Second -> Second;

atomic Outer:{c};
atomic Inner:{c};
atomic Second:{c};
atomic Second:{c?};

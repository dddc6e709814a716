// R34: Count keeps its constraint over a write that does not go through at once. Under `event` its
// flow is suspended there, and a second flow must not get in.

Listen () => (int n);
Count (int n) => ();
Drain () => (int size);
Ignore (int size) => ();
Open () => ();
Print () => ();
initial Open;
final Print;

source Listen => Count;
source Drain => Ignore;
atomic Count:{hits};

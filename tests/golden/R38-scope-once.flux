// A constraint with two scopes is told of once, and neither of its sessions.
source Begin => Flow;
Begin () => ();
Flow = A -> B -> C;
atomic A:{state(session), other(flow)};
atomic B:{state, other(session)};
atomic C:{state(session), other};
A () => ();
B () => ();
C () => ();

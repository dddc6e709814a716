// R31: P's a? is hoisted to O as a reader; Q writes a below, so O has to take it as a writer. In the
// wrong order of the two, O would hold a? and want a!, as would another flow: deadlock.

S () => (int n);
P (int n) => (int seen);
Q (int seen) => ();
Print () => ();
final Print;

source S => O;
O = P -> Q;
atomic O:{b};
atomic P:{a?};
atomic Q:{a};

// R31: P's a? is hoisted to O as a reader; Q writes a below, so O has to take it as a writer. In the
// wrong order of the two, O would hold a? and want a!, as would another flow: deadlock. Peek must not
// see Q at work.

S () => (int n);
P (int n) => (int seen);
Q (int seen) => ();
T () => (int n);
Peek (int n) => ();
Print () => ();
final Print;

source S => O;
source T => Peek;
O = P -> Q;
atomic O:{b};
atomic P:{a?};
atomic Q:{a};
atomic Peek:{a?};

// R25: a recovering handler runs without the constraints of its N and of what is in it, but with those
// of the nodes around N. Flow 1 fails in N, and its handler waits until flow 2 has been in N: flow 2
// could not, were `inner` still held. Who needs `outer` must not get in meanwhile.

Numbers () => (int n);
Inside (int n) => (int n);
Mend (int n) => (int n);
Finish (int n) => ();
Other (int n) => ();
Outsider (int n) => ();
Begin (int n) => (int n);
Print () => ();
final Print;

typedef first IsFirst;
typedef second IsSecond;

source Numbers => Flow;
Flow:[first] = Around;
Flow:[second] = Other;
Flow:[_] = Outsider;

Around = Begin -> N -> Finish;
N = Inside;
handle error N => Mend;

atomic Around:{a_outer};
atomic N:{inner};
atomic Other:{inner};
atomic Outsider:{a_outer};

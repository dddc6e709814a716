// R25: all constraints are given back before an ending handler runs. The handler of flow 1 waits until
// flow 2 has been where flow 1 was.

Numbers () => (int n);
Fail (int n) => ();
Visit (int n) => ();
Bury (int n) => ();
Print () => ();
final Print;

typedef first IsFirst;

source Numbers => Flow;
Flow:[first] = Outer;
Flow:[_] = Visit;
Outer = Inner;
Inner = Fail;
handle error Fail => Bury;

atomic Outer:{a};
atomic Inner:{b};
atomic Fail:{c};
atomic Visit:{a, b, c};

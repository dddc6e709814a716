// R7, R34: a C++ node that blocks while it handles an exception still has that exception afterwards,
// although other flows have thrown, caught and waited meanwhile.

Numbers () => (int number);
Catch (int number) => (int number);
Print (int number) => ();

source Numbers => Flow;
Flow = Catch -> Print;

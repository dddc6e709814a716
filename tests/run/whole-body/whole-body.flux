// R28: a constraint on an abstract node is held from its first member to its last.

Numbers () => (int n);
Enter (int n) => (int n);
Linger (int n) => (int n);
Leave (int n) => ();
Print () => ();
final Print;

source Numbers => Flow;
Flow = Enter -> Middle -> Leave;
Middle = Linger;

atomic Flow:{c};

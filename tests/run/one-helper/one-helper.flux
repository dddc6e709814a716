// R33: Hold keeps c and waits for a helper, Outer's P has been on a helper and waits for c. Who waits
// for c must not occupy the only helper.

S () => (int n);
U () => (int n);
Crunch (int n) => ();
P (int n) => (int n);
Q (int n) => ();
Print () => ();
final Print;

source S => Hold;
source U => Outer;
Hold = Crunch;
Outer = P -> Q;
atomic Hold:{c};
atomic Q:{c};
blocking Crunch, P;

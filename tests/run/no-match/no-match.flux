// R21, R27: a dispatch without a matching arm is an error with a code of its own, for a handler as
// any other; where nobody handles it, the log says so. The flow does not go on.

Numbers () => (int n);
Small (int n) => (int n);
Large (int n) => (int n);
Never (int n) => ();
NoArm (int n, int error) => ();

typedef small IsSmall;
typedef large IsLarge;

source Numbers => Flow;
Flow = Handled -> Unhandled -> Never;
Handled:[small] = Small;
Unhandled:[large] = Large;

handle error Handled => NoArm;

// What Add takes and what One gives fits elsewhere, so that each place where it does not is an error.
source Begin => Flow;
Begin () => (long sum);
Flow = Add -> Add -> One -> Add -> One -> Add -> One -> Add -> One -> Two;
Add (long sum) => (long sum);
One (long sum) => (long sum, int n);
Two (long sum, int n) => ();

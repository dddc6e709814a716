// R11: one node at several places of one flow, and abstract ones too. Each place has data of its own.

Numbers () => (int n, int sum);
Add (int n, int sum) => (int n, int sum);
Double (int n, int sum) => (int n, int sum);
Print (int n, int sum) => ();

source Numbers => Flow;
Flow = Add -> Twice -> Add -> Twice -> Print;
Twice = Double -> Add;

// R19: arms are tried in order, and the first that matches runs, alone.

Numbers () => (int n);
Never (int n) => (int n);
First (int n) => (int n);
Second (int n) => (int n);
Rest (int n) => (int n);
Count (int n) => ();
Print () => ();
final Print;


typedef none IsNone;
typedef even IsEven;
typedef all IsAny;

source Numbers => Flow;
Flow = Choose -> Count;
Choose:[none] = Never;
Choose:[even] = First;
Choose:[even] = Second;
Choose:[all] = Rest;
Choose:[_] = Never;

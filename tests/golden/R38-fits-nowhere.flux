// One mistake, in the signature of Add, is told of twice, the other places in notes.
source Begin => Flow;
Begin () => (long sum);
Flow = Add -> Add -> Add -> Choose -> Add -> End;
Choose:[_] = Add;
Choose:[_, _] = Add;
Add (long sum, int n) => (long sum);
handle error Add => Mend;
Mend (long sum) => ();
End (long sum) => ();

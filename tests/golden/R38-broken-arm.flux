// The arm that tells what Choose takes cannot be read.
source Begin => Flow;
Begin () => (long sum);
Flow = Choose -> End;
Choose:[_] = ;
Choose:[_] = First -> -> Last;
First (long sum) => (long sum);
Last (long sum) => (long sum);
End (long sum) => ();

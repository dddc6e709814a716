// What does not fit may be the wrong node, so that nothing is said of what would follow it.
source Begin => Flow;
Begin () => (long sum);
Flow = Choose -> End;
Choose:[_] = First -> End;
Choose:[_] = First;
First (long sum) => (long sum, int n);
End (long sum) => ();

// Neither of what would follow from a cycle, nor of what a source that is none would give.
Loop = First -> Drop -> Loop;
repeat Loop:[_, _, _];
Drop (long sum, int n) => ();
source Drop => Loop;

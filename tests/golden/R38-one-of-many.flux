// One predicate for values of two types, one source that is no handler: an error each.
typedef small IsSmall;
source Begin => Flow;
Begin () => (long sum, int n);
Flow = Choose -> End;
Choose:[_, small] = Number;
Choose:[small, _] = Other -> Number;
Choose:[small, small] = Number;
Choose:[_, _] = ;
Number (long sum, int n) => (long sum, int n);
Other (long sum, int n) => (long sum, int n);
End (long sum, int n) => ();
handle error Number => Begin;
handle error End => Begin;
handle error Choose, Other => Begin;

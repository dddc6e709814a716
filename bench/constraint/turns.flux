// turns.flux - flows that go round and round, ten times through one node in each turn. Who takes a
// constraint there is said by writer.flux and reader.flux.

Begin () => (uint64_t left, uint64_t sum);
Add (uint64_t left, uint64_t sum) => (uint64_t left, uint64_t sum);
Count (uint64_t left, uint64_t sum) => (uint64_t left, uint64_t sum);
End (uint64_t left, uint64_t sum) => ();

typedef more AboveZero;

source Begin => Flow;
Flow = Turn -> End;
Turn = Add -> Add -> Add -> Add -> Add -> Add -> Add -> Add -> Add -> Add -> Count;
repeat Turn:[more, _];

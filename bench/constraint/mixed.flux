// mixed.flux - flows that go round and round and want the same constraint, one half of them as
// readers and one half as writers, and take down how long they have waited for it.

final Report;

Begin () => (bool writer, uint64_t left, uint64_t came);
Come (bool writer, uint64_t left, uint64_t came) => (bool writer, uint64_t left, uint64_t came);
Read (bool writer, uint64_t left, uint64_t came) => (bool writer, uint64_t left, uint64_t came);
Write (bool writer, uint64_t left, uint64_t came) => (bool writer, uint64_t left, uint64_t came);
End (bool writer, uint64_t left, uint64_t came) => ();

typedef writer IsWriter;
typedef more AboveZero;

source Begin => Flow;
Flow = Turn -> End;
Turn = Come -> Use;
Use:[writer, _, _] = Write;
Use:[_, _, _] = Read;
atomic Read:{ledger?};
atomic Write:{ledger};
repeat Turn:[_, more, _];

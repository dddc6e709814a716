// R17, R28, R29, R32: a session constraint is one for each session; the same number from two sources
// is one session; session scope comes before program scope. Sessions come and go: a hundred
// thousand of them leave nothing behind.

First () => (uint64_t id);
Second () => (uint64_t id);
Enter (uint64_t id) => (uint64_t id);
Leave (uint64_t id) => ();
Strangers () => (uint64_t id);
Pass (uint64_t id) => ();
Print () => ();
final Print;

source First {session: FirstId} => Flow;
source Second {session: SecondId} => Flow;
source Strangers {session: StrangerId} => Pass;
Flow = Enter -> Leave;

atomic Flow:{zone(session)};
atomic Leave:{log};
atomic Pass:{zone(session), log?};

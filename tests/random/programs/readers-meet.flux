%{
struct trip;
%}
// Readers go in together: each waits for another one, first in the program's constraint, then in
// that of its session; a writer is there as well.
//: program pipes prompt
source Begin {session: Session} => Visit;
//: Begin flows 16
Begin () => (struct trip *trip, uint64_t a);
Visit = Look -> (Change -> Ask);
Look (struct trip *trip, uint64_t a) => (struct trip *trip, uint64_t a);
//: Look waits meet
atomic Look:{table?};
Change (struct trip *trip, uint64_t a) => (struct trip *trip, uint64_t a);
//: Change waits sleep
atomic Change:{log};
Ask (struct trip *trip, uint64_t a) => ();
//: Ask waits meet
atomic Ask:{cart?(session)};

// control.flux - beside the connections: how replicas are doing, what is recorded, and the page.

// ---- probes: all replicas that are due are dialled at once, and heard one after the other --------

source every 200 ms => Probe;
Probe = Knock -> Hear -> Done;
Hear:[_, _, awaited] = Answer;
Hear:[_, _, _] = ;
repeat Hear:[_, _, awaited];
await Answer: writable(ready) within patience;
handle error Answer => NoAnswer;

atomic Knock:{replicas};
atomic Answer:{replicas};
atomic NoAnswer:{replicas};

Knock () => (int ready, int patience, probes *probes);
Answer (int ready, int patience, probes *probes) => (int ready, int patience, probes *probes);
NoAnswer (int ready, int patience, probes *probes, int error)
    => (int ready, int patience, probes *probes);
Done (int ready, int patience, probes *probes) => ();
typedef awaited IsAwaited;

// ---- the record: what happens is entered at once, and written when there is time ----------------

source every 500 ms => Record;
Record = Collect -> Keep;
Keep:[some] = Write;
Keep:[_] = Pause;
atomic Collect:{ledger};
atomic Write:{database};
blocking Write;

Collect () => (entries *batch);
Write (entries *batch) => ();
Pause (entries *batch) => ();
typedef some IsThere;

// ---- the page, and what it asks for -------------------------------------------------------------

source Visit => Consultation finally HangUp;
Visit () => (int socket, int patience, visitor *guest);

Consultation = Exchange -> Goodbye;
handle error Consultation => Part;
repeat Exchange:[_, _, keep];

Exchange = Idle -> Read -> Deliver -> Complete;
Idle:[_, _, begun] = ;
Idle:[_, _, _] = Fetch;
Read = Attend -> Respond;
handle error Read => Apologise;

Attend = Parse -> More;
More:[_, _, partial] = Fetch;
More:[_, _, _] = ;
repeat Attend:[_, _, partial];
await Fetch: readable(socket) within patience;

Respond:[_, _, change] = Change;                // a replica is added, drained or removed
Respond:[_, _, status] = Report;
Respond:[_, _, query] = Query;                  // throughput and latency over time
Respond:[_, _, _] = Page;

Deliver = Push -> Rest;
Rest:[_, _, unsent] = Drain;
Rest:[_, _, _] = ;
repeat Deliver:[_, _, unsent];
await Drain: writable(socket) within patience;

atomic Change:{ledger, replicas};
atomic Report:{ledger, replicas};
atomic Query:{database};
blocking Query;
Parse (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Fetch (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Change (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Report (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Query (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Page (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Push (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Drain (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Complete (int socket, int patience, visitor *guest) => (int socket, int patience, visitor *guest);
Apologise (int socket, int patience, visitor *guest, int error)
    => (int socket, int patience, visitor *guest);
Goodbye (int socket, int patience, visitor *guest) => ();
Part (int socket, int patience, visitor *guest, int error) => ();
HangUp (int socket, int patience, visitor *guest) => ();
typedef begun HasBegun;
typedef partial IsPartial;
typedef change IsChange;
typedef status IsStatus;
typedef query IsQuery;
typedef unsent IsUnsent;
typedef keep KeepsAlive;

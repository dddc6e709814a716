// echo.flux - a server: what a client sends, it gets back.
//
// Accept waits for a connection, and a flow starts for each. The flow waits for data, answers, and
// turns, for as long as the connection is open. A connection that is silent costs a few hundred
// bytes and no thread, under `pool` and `event`.

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

Accept () => (int fd, bool open);
Answer (int fd, bool open) => (int fd, bool open);
Done (int fd, bool open) => ();
Close (int fd, bool open) => ();

typedef open IsOpen;

source Accept => Serve finally Close;
Serve = Exchange -> Done;

Exchange = Answer;
repeat Exchange:[_, open];

await Answer: readable(fd) within 60 s;
handle error Answer => Done; // silent for too long, or reset: the flow is over, Close runs

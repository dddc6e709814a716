// R36: SIGTERM while requests are served: each gets its answer, idle connections are closed at once
// (their await ends with ECANCELED), new ones are not accepted, and the program exits 0.

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

Accept () => (int fd, bool open);
Hear (int fd, bool open) => (int fd, bool open);
Work (int fd, bool open) => (int fd, bool open);
End (int fd, bool open) => ();
Close (int fd, bool open) => ();
Explain (int fd, bool open, int error) => ();

typedef open IsOpen;

source Accept => Serve finally Close;
Serve = Exchange -> End;
Exchange = Hear -> Reply;
Reply:[_, open] = Work;
Reply:[_, _] = ;
repeat Exchange:[_, open];
await Hear: readable(fd);
handle error Exchange => Explain;

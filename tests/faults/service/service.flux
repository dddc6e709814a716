// service.flux - a server with a little of everything that can fail: sessions, constraints of both
// scopes, readers, recovering and ending handlers, blocking nodes, awaits, clocks, memory of flows.
//
// A client sends lines "N" and gets "N*N" for each, or "busy" where something was short.

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

source parallel Accept {session: PeerOf} => Serve finally Close;
Accept () => (int fd, unsigned peer, bool open);
Close (int fd, unsigned peer, bool open) => ();

source every 5 ms => Sweep;
Sweep () => ();
atomic Sweep:{cart_count, totals};

Serve = Exchange -> Leave;
Exchange = Hear -> Reply;
repeat Exchange:[_, _, open];
await Hear: readable(fd) within 20 s;
handle error Exchange => Apologise;

Reply:[_, _, _, asked] = Work -> Answer;
Reply:[_, _, _, _] = Gone;

// In here constraints of both scopes are held, over a node that blocks and one that allocates.
Work = Count -> Square -> Store;
handle error Work => Excuse;
blocking Store;
atomic Work:{cart(session)};
atomic Count:{cart_count?};
atomic Square:{totals?};
atomic Store:{totals};

Hear (int fd, unsigned peer, bool open) => (int fd, unsigned peer, bool open, long number);
Count (int fd, unsigned peer, bool open, long number)
    => (int fd, unsigned peer, bool open, long number);
Square (int fd, unsigned peer, bool open, long number)
    => (int fd, unsigned peer, bool open, char *text);
Store (int fd, unsigned peer, bool open, char *text)
    => (int fd, unsigned peer, bool open, char *text);
Excuse (int fd, unsigned peer, bool open, long number, int error)
    => (int fd, unsigned peer, bool open, char *text);
Answer (int fd, unsigned peer, bool open, char *text) => (int fd, unsigned peer, bool open);
Gone (int fd, unsigned peer, bool open, long number) => (int fd, unsigned peer, bool open);
Leave (int fd, unsigned peer, bool open) => ();
Apologise (int fd, unsigned peer, bool open, int error) => ();

typedef open IsOpen;
typedef asked IsAsked;

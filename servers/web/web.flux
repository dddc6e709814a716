// web.flux - a web server: files, folders and scripts over HTTP/1.1, in the clear or over TLS.
//
// A connection is one flow, and each request on it is a turn of Exchange. Whenever a flow has to wait
// for its client, it is an `await`, holds no thread, and knows for how long. What reads the disk is
// `blocking`, and is done for all who ask within the next half a second.

%{
#include "web.h"
%}

initial Prepare;        // options are checked, sockets opened
final Finish;

source parallel Listen => Connection finally Close;
Listen () => (int socket, int patience, client *peer);

Connection = Admit -> Secure -> Exchange -> Linger -> Goodbye;

// ---- a request and its response -----------------------------------------------------------------

Exchange = Idle -> Answer -> Write -> Log -> Complete;
repeat Exchange:[_, _, keep];

Idle:[_, _, buffered] = ;                       // the client did not wait for the last response
Idle:[_, _, _] = Arrive;
await Arrive: readable(socket) within patience;

// Whatever goes wrong with a request is an answer too: 400, 404, 413 ...
Answer = ReadHead -> Locate -> Serve;
handle error Answer => Apologise;

ReadHead = ParseHead -> MoreHead;
MoreHead:[_, _, headless] = More;
MoreHead:[_, _, _] = ;
repeat ReadHead:[_, _, headless];

Serve = SkipBody -> Pack -> Compose;

SkipBody = PassOver -> MoreBody;
MoreBody:[_, _, bodied] = More;
MoreBody:[_, _, _] = ;
repeat SkipBody:[_, _, bodied];

// Under TLS bytes may be there already, and one may have to write in order to read.
More:[_, _, held] = Take;
More:[_, _, choked] = Room -> Take;
More:[_, _, _] = Receive;
await Receive: readable(socket) within patience;

Write = Send -> Rest;
Rest:[_, _, unsent] = Room;
Rest:[_, _, _] = ;
repeat Write:[_, _, unsent];
await Room: writable(socket) within patience;

// ---- what the path leads to ---------------------------------------------------------------------

Locate = Find -> Check;
Check:[_, _, fresh] = ;                         // known, and looked at not long ago
Check:[_, _, _] = Open -> Keep;
handle error Open => Abandon;

Pack:[_, _, packable] = Compress -> KeepCompressed;
Pack:[_, _, _] = ;

blocking Open, Compress;

// The cache is held to look and to store, never while the disk is read.
atomic Find:{files};
atomic Keep:{files};
atomic Abandon:{files};
atomic KeepCompressed:{files};
atomic Complete:{files};

// ---- the beginning and the end of a connection --------------------------------------------------

// Too many already: say so, and leave.
handle error Admit => Refuse;
Refuse = Busy -> Linger -> Goodbye;

// An answer is lost if its connection is closed while the client still sends: read that first.
Linger:[_, _, lingering] = Hush -> Drain;
Linger:[_, _, _] = ;
repeat Linger:[_, _, lingering];
await Drain: readable(socket) within patience;

// A client that is idle for too long, or gone, is no error. One whose request is already on its way
// when the server stops, or at the last moment, is served.
handle error Arrive => LastCall;
handle error Exchange, Linger => Goodbye;

atomic Admit:{clients};
atomic Close:{files, clients};

// SIGHUP: a new file for the log, and the certificates as they are now.
source Hangup => Renew;
Renew = Reopen -> Reload;
blocking Reopen, Reload;
Hangup () => ();
Reopen () => ();
Reload () => ();

atomic Secure:{certificates?};
atomic Reload:{certificates};

// ---- nodes, and questions about the client ------------------------------------------------------

Prepare () => ();
Finish () => ();
Admit (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Secure (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Arrive (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
ParseHead (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
PassOver (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Receive (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Take (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Find (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Open (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Keep (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Compress (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
KeepCompressed (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Compose (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Send (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Room (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Log (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Complete (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Busy (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Hush (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Drain (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Goodbye (int socket, int patience, client *peer) => ();
Close (int socket, int patience, client *peer) => ();

LastCall (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);
Apologise (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);
Abandon (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);

typedef buffered HasInput;
typedef headless IsHeadless;
typedef bodied HasBody;
typedef held HoldsInput;
typedef choked IsChoked;
typedef fresh IsFresh;
typedef packable IsPackable;
typedef unsent IsUnsent;
typedef keep KeepsAlive;
typedef lingering IsLingering;

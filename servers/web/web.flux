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

Connection = Admit -> Secure -> Greet -> Exchange -> Linger -> Goodbye;

// ---- a request and its response -----------------------------------------------------------------

Exchange = Idle -> Answer -> Write -> Return -> Log -> Complete;
repeat Exchange:[_, _, keep];

// Silent clients, and handshakes of TLS, are waited for without a buffer.
Idle:[_, _, buffered] = ;                       // it has been read with the last one, or by Greet
Idle:[_, _, _] = Arrive;
repeat Idle:[_, _, unasked];
await Arrive: readable(socket) within patience;

// Whatever goes wrong with a request is an answer too: 400, 404, 413 ...
Answer = ReadHead -> Locate -> Serve;
handle error Answer => Apologise;

ReadHead = ParseHead -> MoreHead;
MoreHead:[_, _, headless] = More;
MoreHead:[_, _, _] = ;
repeat ReadHead:[_, _, headless];

Serve:[_, _, script] = Php;
Serve:[_, _, _] = SkipBody -> Pack -> Compose;

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
Rest:[_, _, conveying] = Juggle;                // php-fpm answers, and its request still arrives
Rest:[_, _, unsent] = Room;
Rest:[_, _, unfinished] = Continue;             // php-fpm has more to say
Rest:[_, _, _] = ;
repeat Write:[_, _, underway];
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

// ---- scripts: a request to php-fpm, on a connection to it that is kept ---------------------------

// While a flow deals with php-fpm, the descriptor it carries is the one to wait for there. Requests
// with a long body, and answers, are passed on as they come, so both can be under way at once.
Php = Gather -> Lease -> Attempt -> Reply;

// php-fpm is not bothered before a short body has arrived, or the first part of a long one.
Gather = Collect -> Missing;
Missing:[_, _, missing] = More;
Missing:[_, _, _] = ;
repeat Gather:[_, _, missing];

Attempt = Call -> Convey -> Heed;
handle error Attempt, Continue, Juggle => Excuse;
repeat Attempt:[_, _, again];                   // a kept connection was none any more

Call = Dial -> Dialling;
Dialling:[_, _, dialling] = Connected;
Dialling:[_, _, _] = ;
await Connected: writable(upstream) within patience;

Convey = Carry -> Carried;
Carried:[_, _, asking] = Stir;
Carried:[_, _, _] = ;
repeat Convey:[_, _, unanswered];
await Stir: readable(events) within patience;

Heed:[_, _, silent] = Attend -> Hear;
Heed:[_, _, _] = ;
repeat Heed:[_, _, silent];
await Hear: readable(upstream) within patience;

// In `Write`, where the response has begun:
Continue = Heed -> GoOn;
Juggle = Carry -> Carried -> GoOn;

Return:[_, _, leased] = GiveBack;
Return:[_, _, _] = ;

source every 1 s => Tend;                       // closes those that nobody needs

atomic Lease:{upstream};
atomic GiveBack:{upstream};
atomic Tend:{upstream};

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
handle error Greet, Exchange, Linger => Goodbye;
Goodbye = Return -> Part;

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
Tend () => ();
Admit (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Secure (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Greet (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
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
Collect (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Lease (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Dial (int socket, int patience, client *peer) => (int upstream, int patience, client *peer);
Connected (int upstream, int patience, client *peer) => (int upstream, int patience, client *peer);
Carry (int upstream, int patience, client *peer) => (int events, int patience, client *peer);
Stir (int events, int patience, client *peer) => (int events, int patience, client *peer);
Attend (int socket, int patience, client *peer) => (int upstream, int patience, client *peer);
Hear (int upstream, int patience, client *peer) => (int upstream, int patience, client *peer);
Reply (int upstream, int patience, client *peer) => (int socket, int patience, client *peer);
GoOn (int upstream, int patience, client *peer) => (int socket, int patience, client *peer);
GiveBack (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Send (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Room (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Log (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Complete (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Busy (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Hush (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Drain (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Part (int socket, int patience, client *peer) => ();
Close (int socket, int patience, client *peer) => ();

Excuse (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);
LastCall (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);
Apologise (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);
Abandon (int socket, int patience, client *peer, int error)
    => (int socket, int patience, client *peer);

typedef buffered HasInput;
typedef unasked IsUnasked;
typedef headless IsHeadless;
typedef bodied HasBody;
typedef held HoldsInput;
typedef choked IsChoked;
typedef fresh IsFresh;
typedef packable IsPackable;
typedef script IsScript;
typedef missing IsMissing;
typedef dialling IsDialling;
typedef asking IsAsking;
typedef unanswered IsUnanswered;
typedef conveying IsConveying;
typedef silent IsSilent;
typedef again IsToldAgain;
typedef unfinished IsUnfinished;
typedef leased IsLeased;
typedef unsent IsUnsent;
typedef underway IsUnderWay;
typedef keep KeepsAlive;
typedef lingering IsLingering;

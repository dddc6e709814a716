// image.flux - an image server. GET /NAME.jpg?size=1..8 answers with NAME.ppm, scaled to size/8 of
// its width and height, as a JPEG.
//
// It is the image server of the Flux paper (Fig. 2) for clients that are slow, impatient or many:
// a connection is one flow, and each request on it is a turn of Exchange. A flow that waits for its
// client, or for another flow that renders the same image, is an `await` and holds no thread.

%{
#include "image.h"
%}

initial Prepare;        // options are checked, sockets opened
final Finish;

source parallel Listen => Connection finally Close;
Listen () => (int socket, int patience, client *peer);

Connection = Admit -> Exchange -> Linger -> Goodbye;

// ---- a request and its response -----------------------------------------------------------------

Exchange = Idle -> Answer -> Write -> Log -> Complete;
repeat Exchange:[_, _, keep];

Idle:[_, _, buffered] = ;                       // the client did not wait for the last response
Idle:[_, _, _] = Arrive;
await Arrive: readable(socket) within patience;

// Whatever goes wrong with a request is an answer too: 400, 404, 413 ...
Answer = ReadRequest -> Find -> Image -> Compose;
handle error Answer => Apologise;

ReadRequest = Parse -> More;
More:[_, _, partial] = Receive;
More:[_, _, _] = ;
repeat ReadRequest:[_, _, partial];
await Receive: readable(socket) within patience;

Write = Send -> Rest;
Rest:[_, _, unsent] = Room;
Rest:[_, _, _] = ;
repeat Write:[_, _, unsent];
await Room: writable(socket) within patience;

// ---- the image: the flow of the paper -----------------------------------------------------------

Image:[_, _, unchanged] = ;                     // the client has it already
Image:[_, _, _] = CheckCache -> Handler;

Handler:[_, _, hit] = ;
Handler:[_, _, rendering] = Join -> Follow;     // by another flow: wait for its result
Handler:[_, _, _] = Render;

Render = ReadInFromDisk -> Compress -> StoreInCache;
handle error Render => Abandon;                 // and tell those who wait for it

blocking ReadInFromDisk, Compress;
await Follow: readable(rendered);

// Images are rendered side by side: the cache is held to look and to store, never in between.
atomic CheckCache:{cache};
atomic Follow:{cache};
atomic StoreInCache:{cache};
atomic Abandon:{cache};
atomic Complete:{cache};

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
atomic Close:{cache, clients};

// ---- nodes, and questions about the client ------------------------------------------------------

Prepare () => ();
Finish () => ();
Admit (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Arrive (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Parse (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Receive (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Find (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
CheckCache (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
Join (int socket, int patience, client *peer)
    => (int socket, int patience, client *peer, int rendered);
Follow (int socket, int patience, client *peer, int rendered)
    => (int socket, int patience, client *peer);
ReadInFromDisk (int socket, int patience, client *peer)
    => (int socket, int patience, client *peer, picture *rgb);
Compress (int socket, int patience, client *peer, picture *rgb)
    => (int socket, int patience, client *peer);
StoreInCache (int socket, int patience, client *peer) => (int socket, int patience, client *peer);
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
typedef partial IsPartial;
typedef unchanged IsUnchanged;
typedef hit TestInCache;
typedef rendering IsBeingRendered;
typedef unsent IsUnsent;
typedef keep KeepsAlive;
typedef lingering IsLingering;

// fluxload.flux - asks a server for pages when a workload says so, and measures what comes of it.
//
// What comes from outside is a source: of an open workload each request, of a closed one each client,
// of a partly open one each session. A flow is one of them on one connection, from turn to turn: it
// dials, asks, hears, counts, pauses. What all share, the books, is behind a constraint.

%{
#include "fluxload.h"
%}

initial Prepare;        // options are checked, names looked up, requests composed
final Report;

source Arrival => Visit;
Arrival = Next -> Wait; // until it is due

Visit = Board -> Exchange -> End;

// Each turn is a step of a request, and waits for one thing at most. The usual two come first.
Exchange = Step -> Settle;
repeat Exchange:[_, _, busy];

Step:[_, _, hearing] = Hear;
Step:[_, _, asking] = Ask;
Step:[_, _, unsent] = Room;
Step:[_, _, pausing] = Pause;
Step:[_, _, apart] = Dial;
Step:[_, _, dialling] = Connected;
Step:[_, _, choked] = Loosen;
Step:[_, _, gathering] = Gather;
Step:[_, _, _] = ;

await Hear: readable(socket) within patience;
await Room: writable(socket) within patience;
await Pause: readable(socket) within patience;      // what comes meanwhile is the server's farewell
await Connected: writable(socket) within patience;
await Loosen: writable(socket) within patience;
await Gather: readable(socket);                     // until all clients of a closed load are there

// The pause is over; a request has failed.
handle error Pause => Resume;
handle error Step => Mishap;

// The books: what has been measured, who is idle, which requests wait for a connection. Whoever
// leaves a connection looks for such a request at the same moment, so that none is overlooked.
Settle:[_, _, settled] = Count;
Settle:[_, _, _] = ;

atomic Next:{books};
atomic Board:{books};
atomic Gather:{books};
atomic Count:{books};
atomic End:{books};

// ---- what is shown meanwhile --------------------------------------------------------------------

source Tick => Progress;
Progress = Look -> Show;
atomic Look:{books?};

// ---- nodes, and questions about a client --------------------------------------------------------

Prepare () => ();
Report () => ();
Next () => (struct ask what);
Wait (struct ask what) => (struct ask what);
Board (struct ask what) => (int socket, int patience, client *me);
Hear (int socket, int patience, client *me) => (int socket, int patience, client *me);
Ask (int socket, int patience, client *me) => (int socket, int patience, client *me);
Room (int socket, int patience, client *me) => (int socket, int patience, client *me);
Pause (int socket, int patience, client *me) => (int socket, int patience, client *me);
Dial (int socket, int patience, client *me) => (int socket, int patience, client *me);
Connected (int socket, int patience, client *me) => (int socket, int patience, client *me);
Loosen (int socket, int patience, client *me) => (int socket, int patience, client *me);
Gather (int socket, int patience, client *me) => (int socket, int patience, client *me);
Count (int socket, int patience, client *me) => (int socket, int patience, client *me);
End (int socket, int patience, client *me) => ();

Resume (int socket, int patience, client *me, int error)
    => (int socket, int patience, client *me);
Mishap (int socket, int patience, client *me, int error)
    => (int socket, int patience, client *me);

Tick () => ();
Look () => (struct moment now);
Show (struct moment now) => ();

typedef busy IsBusy;
typedef hearing IsHearing;
typedef asking IsAsking;
typedef unsent IsUnsent;
typedef pausing IsPausing;
typedef apart IsApart;
typedef dialling IsDialling;
typedef choked IsChoked;
typedef gathering IsGathering;
typedef settled IsSettled;

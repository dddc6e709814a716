// balance.flux - a load balancer for TCP: hands each connection to one of several replicas, and
// neither side notices.
//
// A connection is two flows, one for each direction, which share a `wire`. Each waits for one
// descriptor at a time, so what one side is slow to take holds up nobody but those who send it.

%{
#include "balance.h"
#include "control.h"
%}

include "control.flux";         // probes, the record, the page

initial Prepare;        // options are checked, sockets opened
final Finish;

// What Accept returns is the way back of a new connection, which finds a replica for it; and then,
// once there is one, the way there.
source parallel Accept => Direction finally Leave;
Accept () => (direction *way);

Direction = Open -> Relay -> End;
handle error Direction => Sever;

Open:[back] = Arrive -> Link -> Introduce;
Open:[_] = Engage;

// ---- a replica: each turn is a step on the way to one -------------------------------------------

Link:[_, _, queued] = Turn;                     // all are busy: clients take turns
Link:[_, _, chosen] = Dial;
Link:[_, _, dialling] = Connected;
Link:[_, _, ailing] = Welcome;                  // one that has failed can be reached again
Link:[_, _, _] = Choose;
repeat Link:[_, _, linking];

await Turn: readable(ready) within patience;
await Connected: writable(ready) within patience;

// Nothing has been sent yet, so where one replica fails another is tried.
handle error Link => Retry;

atomic Choose:{replicas};
atomic Turn:{replicas};
atomic Welcome:{replicas};
atomic Retry:{replicas};

// ---- one direction: each turn waits for one thing -----------------------------------------------

// What has been received is sent before more is: that bounds memory, and holds back who is too fast.
Relay:[_, _, fresh] = Reckon -> Send;           // a request has begun, or its answer has
Relay:[_, _, refused] = Stay -> Allowed -> Send;    // its client has too many unfinished requests
Relay:[_, _, pending] = Stay -> Room -> Send;
Relay:[_, _, draining] = Hasten -> Receive -> Send; // the program stops: finish what is under way
Relay:[_, _, _] = Receive -> Send;
repeat Relay:[_, _, open];

await Allowed: readable(ready) within patience;
await Room: writable(ready) within patience;
await Receive: readable(ready) within patience;
handle error Receive => Rouse;
handle error Allowed => Withdraw;

atomic Reckon:{clients, ledger};
atomic Allowed:{clients};
atomic Withdraw:{clients};

// The direction that leaves last gives back what the connection had.
Leave = Depart -> Close;
atomic Depart:{clients, ledger, replicas};

// ---- nodes, and questions about a direction -----------------------------------------------------

Prepare () => ();
Finish () => ();
Arrive (direction *way) => (int ready, int patience, direction *way);
Choose (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Turn (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Dial (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Connected (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Welcome (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Introduce (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Engage (direction *way) => (int ready, int patience, direction *way);
Stay (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Hasten (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Receive (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Reckon (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Allowed (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Send (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
Room (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
End (int ready, int patience, direction *way) => ();
Depart (direction *way) => (direction *way);
Close (direction *way) => ();

Retry (int ready, int patience, direction *way, int error) => (int ready, int patience, direction *way);
Rouse (int ready, int patience, direction *way, int error) => (int ready, int patience, direction *way);
Withdraw (int ready, int patience, direction *way, int error) => (int ready, int patience, direction *way);
Sever (direction *way, int error) => ();

typedef back IsWayBack;
typedef linking IsLinking;
typedef queued IsQueued;
typedef chosen IsChosen;
typedef dialling IsDialling;
typedef ailing IsAiling;
typedef open IsOpen;
typedef draining IsDraining;
typedef pending IsPending;
typedef fresh IsFresh;
typedef refused IsRefused;

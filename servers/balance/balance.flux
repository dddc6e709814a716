// balance.flux - a load balancer for TCP: hands each connection to one of several replicas, and
// neither side notices.
//
// A connection is two flows, one for each direction, which share a `wire`. Each waits for one
// descriptor at a time, so what one side is slow to take holds up nobody but those who send it.

%{
#include "balance.h"
%}

initial Prepare;        // options are checked, sockets opened
final Finish;

// What Accept returns is the way back of a new connection, which finds a replica for it; and then,
// once there is one, the way there.
source parallel Accept => Direction finally Leave;
Accept () => (direction *way);

Direction = Open -> Relay -> End;
handle error Direction => Sever;

Open:[unlinked] = Arrive -> Link -> Introduce;
Open:[_] = Engage;

// ---- a replica ----------------------------------------------------------------------------------

Link = Choose -> Queue -> Dial -> Dialling -> Heal;
Queue:[_, _, queued] = Turn;                    // all are busy: clients take turns
Queue:[_, _, _] = ;
Dialling:[_, _, dialling] = Connected;
Dialling:[_, _, _] = ;
Heal:[_, _, ailing] = Welcome;                  // one that has failed can be reached again
Heal:[_, _, _] = ;
await Turn: readable(ready) within patience;
await Connected: writable(ready) within patience;

// Nothing has been sent yet, so where one replica fails another is tried.
handle error Link => Retry;
repeat Link:[_, _, again];

atomic Choose:{replicas};
atomic Turn:{replicas};
atomic Welcome:{replicas};
atomic Retry:{replicas};

// ---- one direction ------------------------------------------------------------------------------

// What has been received is sent before more is: that bounds memory, and holds back who is too fast.
Relay = Hear -> Note -> Pass;
repeat Relay:[_, _, open];

Hear:[_, _, draining] = Quiet -> Receive;       // the program stops: what is under way is finished
Hear:[_, _, _] = Receive;
await Receive: readable(ready) within patience;
handle error Receive => Rouse;

Pass = Send -> Rest;
Rest:[_, _, pending] = Room;
Rest:[_, _, _] = ;
repeat Pass:[_, _, pending];
await Room: writable(ready) within patience;

// A request has begun, or its answer has. A client that has too many unfinished waits here.
Note:[_, _, fresh] = Reckon -> Allow;
Note:[_, _, _] = ;
Allow:[_, _, refused] = Allowed;
Allow:[_, _, _] = ;
await Allowed: readable(ready) within patience;
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
Quiet (int ready, int patience, direction *way) => (int ready, int patience, direction *way);
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

typedef unlinked IsUnlinked;
typedef again IsToTryAgain;
typedef queued IsQueued;
typedef dialling IsDialling;
typedef ailing IsAiling;
typedef open IsOpen;
typedef draining IsDraining;
typedef pending IsPending;
typedef fresh IsFresh;
typedef refused IsRefused;

// game.flux - multiplayer Tag over UDP: clients join, steer and leave by datagrams, the board advances
// ten times a second (--rate), and everybody is sent what has changed.
//
// Two sources, side by side: a heart, which beats once a turn, and the datagrams, by the batch. What
// they share is the board.

%{
#include "game.h"
%}

initial Prepare;        // options are checked, sockets and the clock opened
final Finish;           // the players are told

// ---- turns --------------------------------------------------------------------------------------

// A turn is done by the source itself: nothing comes between its moment and the move. What need not
// be on time is the flow that it starts. The period is that of a timer, since it is an option.
source Heart => Tidy;
Heart = Clock -> Beat -> Advance -> Broadcast;
await Beat: readable(clock);

// Datagrams come in between pieces of a broadcast, never between those of a move.
Broadcast = Compose -> Send;
repeat Broadcast:[unsent];

Tidy = Expire -> Report;

atomic Advance:{board};
atomic Compose:{board};
atomic Expire:{board};

// ---- datagrams ----------------------------------------------------------------------------------

source Receive => Batch finally Release;
Receive = Port -> Take;
await Take: readable(port);

Batch = Each -> Reply;
Each = Next -> Handle;
repeat Each:[more];

Handle:[hello] = Challenge;             // remembers nothing
Handle:[join] = Join;
Handle:[input] = Steer;
Handle:[leave] = Leave;
Handle:[_] = Drop;
Join = Verify -> Admit;                 // the cookie first: whose is not right never sees the board

// Too many from an address, a cookie that is none, no seat; a player who is none.
handle error Challenge, Join => Refuse;
handle error Steer, Leave => Dismiss;

// Those who need not be who they say have a constraint of their own: they never delay a turn.
atomic Challenge:{strangers};
atomic Verify:{strangers};
atomic Admit:{board};
atomic Steer:{board};
atomic Leave:{board};
atomic Dismiss:{strangers};

// ---- nodes, and questions about the datagram ----------------------------------------------------

Prepare () => ();
Finish () => ();

Clock () => (int clock);
Beat (int clock) => (struct turn *turn);
Advance (struct turn *turn) => (struct turn *turn);
Compose (struct turn *turn) => (struct turn *turn);
Send (struct turn *turn) => (struct turn *turn);
Expire (struct turn *turn) => (char *report);
Report (char *report) => ();

Port () => (int port);
Take (int port) => (struct batch *batch);
Next (struct batch *batch) => (struct batch *batch);
Challenge (struct batch *batch) => (struct batch *batch);
Verify (struct batch *batch) => (struct batch *batch);
Admit (struct batch *batch) => (struct batch *batch);
Steer (struct batch *batch) => (struct batch *batch);
Leave (struct batch *batch) => (struct batch *batch);
Drop (struct batch *batch) => (struct batch *batch);
Refuse (struct batch *batch, int error) => (struct batch *batch);
Dismiss (struct batch *batch, int error) => (struct batch *batch);
Reply (struct batch *batch) => ();
Release (struct batch *batch) => ();

typedef unsent IsUnsent;
typedef more HasMore;
typedef hello IsHello;
typedef join IsJoin;
typedef input IsInput;
typedef leave IsLeave;

// fluxc: --emit=locks -Wno-unused
// Where nodes with constraints stand: deep down, in a handler, in that of everything else, behind a
// handler without a step of its own, in a source; and nowhere.
S () => (int n);
T () => (int n);
source S => Top;
source T => Quiet;
Top = One -> Use -> Last;
One = Two;
Two = Three;
Three = Four;
Four = Five;
Five (int n) => (int n);
Use (int n) => (int n);
Last (int n) => ();
Idle (int n) => ();
Quiet (int n) => ();
atomic One:{a, b?};
atomic Five:{c, b?};
atomic Use:{a};
atomic Idle:{a};
atomic S:{d};

handle error Five => Again;
Again (int n) => (int n);
atomic Again:{b?};
handle error Again => Skip;
Skip (int n) => (int n);
Skip = ;
handle error * => Rest;
atomic Rest:{e};

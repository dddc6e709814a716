// fluxc: --emit=locks
// Early acquisition by way of an arm, a recovering handler, a repeat and an unannotated node; not by
// way of an ending handler, around which is nothing. A session's constraint comes before any other.
S () => (int n);
P (int n) => (int n);
Q (int n) => (int n);
Fix (int n) => (int n);
Log (int n) => ();
Done (int n) => ();
source S {session: Who} => Top;
typedef odd IsOdd;

Top = Arms -> Loop -> Handled -> Done;
Arms:[odd] = Plain;
Arms:[_] = ;
Arms (int n) => (int n);
Plain = P;
atomic Arms:{z};
atomic P:{own(session)};

Loop = Turn;
Turn = Q;
repeat Turn:[odd];
atomic Loop:{y};
atomic Q:{b?};

Handled = Inner;
Inner (int n) => (int n);
handle error Inner => Fix;
atomic Handled:{m};
atomic Fix:{c};
handle error Fix => Log;
atomic Log:{a};

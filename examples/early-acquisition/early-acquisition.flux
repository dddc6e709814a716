// early-acquisition.flux - flows do not deadlock on constraints.
//
// A Sale holds `stock` and, further in, takes `ledger`. A Refund holds `ledger` and takes `stock`.
// In C with two mutexes that is a deadlock, sooner or later. fluxc takes constraints in one order,
// by name; `ledger` comes before `stock`, so it has a Sale take `ledger` already at its beginning,
// and says so where it compiles the program [-Wearly-acquisition]: exclusion is kept, though a
// Sale now holds `ledger` for longer than was written. `fluxc --emit=locks` shows the result.

Events () => (bool refund);
Reserve (bool refund) => (bool refund);
Charge (bool refund) => ();
Repay (bool refund) => (bool refund);
PutBack (bool refund) => ();

typedef refund IsRefund;

source Events => Handle;
Handle:[refund] = Refund;
Handle:[_] = Sale;

Sale = Reserve -> Charge;
Refund = Repay -> PutBack;

atomic Sale:{stock};
atomic Charge:{ledger};
atomic Refund:{ledger};
atomic PutBack:{stock};

Report () => ();
final Report;

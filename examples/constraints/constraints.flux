// constraints.flux - what must not happen at the same time.
//
// Flows run side by side. A node runs only while it holds the constraints that `atomic` names for
// it, and two nodes never hold the same constraint at once, in whatever flows they are. On an
// abstract node, a constraint is held over the whole body. The nodes themselves know of no lock.

Open () => ();
Close () => ();
initial Open; // runs before all sources
final Close; // runs after the last flow

Payments () => (int amount);
Read (int amount) => (int amount, long balance);
Add (int amount, long balance) => (long balance);
Write (long balance) => ();

source Payments => Deposit;
Deposit = Read -> Add -> Write;

// Between Read and Write of one flow, no other may read the balance.
atomic Deposit:{account};

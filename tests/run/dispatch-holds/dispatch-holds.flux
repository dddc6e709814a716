// R22: predicates are asked while the constraints of the dispatching node are held: what they have
// found still holds when the arm runs.

Numbers () => (int n);
Take (int n) => ();
Refill (int n) => ();
Print () => ();
final Print;

typedef stocked IsStocked;

source Numbers => Serve;
Serve:[stocked] = Take;
Serve:[_] = Refill;

atomic Serve:{stock};

// R24, R26: a handler may be a flow of its own, with dispatch, constraints and handlers; it may stand
// in the flow as well; it gets the values of N as they were when N began.

Numbers () => (int n, int step);
Work (int n, int step) => (int n, int step);
Check (int n, int step) => (int n, int step);
Mend (int n, int step) => (int n, int step);
Small (int n, int step) => (int n, int step);
Print (int n, int step) => ();
Report (int n, int step, int error) => ();

typedef small IsSmall;

source Numbers => Flow;
Flow = Task -> Print;
Task = Work -> Check -> Work;
handle error Task => Repair;

Repair = Mend -> Choose;
Choose:[small, _] = Small;
Choose:[_, _] = Work;

handle error Choose => Report;
atomic Task:{c};
atomic Repair:{c, d};

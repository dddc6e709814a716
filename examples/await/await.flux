// await.flux - waiting for a descriptor, without a thread.
//
// A node may simply block: only its own flow waits. But a flow that waits *between* nodes costs less:
// `await Ring: readable(clock)` has it wait until the descriptor is ready, and run Ring then. Under
// `pool` and `event` it holds neither thread nor stack meanwhile, which is how one process serves
// ten thousand idle connections. With `within`, the node fails with ETIMEDOUT when nothing has come
// by then; here the limit, in milliseconds, is an input of the node.

Alarms () => (int number, int clock, int limit);
Ring (int number, int clock, int limit) => ();
GiveUp (int number, int clock, int limit, int error) => ();
Close (int number, int clock, int limit) => ();

source Alarms => Ring finally Close; // Close runs when the flow ends, however it ends

await Ring: readable(clock) within limit;

handle error Ring => GiveUp;

// every.flux - a clock as a source.
//
// `source every 10 ms` starts a flow every 10 ms (us, ms, s and min are known). The flows of one
// clock do not overlap: should one take longer than the period, the ticks it has missed become one.
// A clock never ends by itself, so this program stops as a server does: by SIGTERM.

Tick () => (int count);
Tock (int count) => ();

source every 10 ms => Clock;
Clock = Tick -> Tock;

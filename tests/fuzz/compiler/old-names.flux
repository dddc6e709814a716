// R2: what the language has as words of its own, programs may have as names.

session () => (int every);
every (int every) => (int within);
repeat (int within) => (int finally);
await (int finally) => (int readable);
blocking (int readable) => (int error);
initial (int error) => (int parallel);
writable (int parallel) => (int program);
finally (int program) => (int source);
final (int source) => ();

typedef handle atomically;

source session => flow;
flow = every -> repeat -> await -> choose -> finally -> final;
choose:[handle] = blocking -> initial -> writable;
choose:[_] = writable;
atomic await:{atomic?, repeat};

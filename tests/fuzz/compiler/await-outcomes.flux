// R36: how an await can end: ready, hung up, not pollable (a file), past its limit, not open. A
// negative limit is none. Past the limit the node is not called.

Cases () => (const char *name, int fd, int limit);
Read (const char *name, int fd, int limit) => (const char *name, int size);
Write (const char *name, int fd, int limit) => (const char *name, int size);
Print (const char *name, int size) => ();
Report (const char *name, int fd, int limit, int error) => ();

typedef outgoing IsOutgoing;

source Cases => Flow;
Flow = Wait -> Print;
Wait:[outgoing, _, _] = Write;
Wait:[_, _, _] = Read;
handle error Wait => Report;

await Read: readable(fd) within limit;
await Write: writable(fd) within 50 ms;

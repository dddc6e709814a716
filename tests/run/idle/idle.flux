// R13: a server that has nothing to do uses no CPU: neither while it waits for a connection nor with
// connections that are silent.

Listen () => ();
initial Listen;
Accept () => (int fd);
Hear (int fd) => (int fd);
Echo (int fd) => ();
Close (int fd) => ();

source Accept => Flow finally Close;
Flow = Hear -> Echo;
await Hear: readable(fd) within 60 s;

// Each name of a node that there is not; one that is used often is one error.
source Listn => Serv;
source Listen {session: Who} => Serve finally Finaly;
Listen () => (int fd);
Serve = Rad -> Reply -> Rad -> (Rad) -> Rad -> Rad;
Read (int fd) => (int fd);
Reply (int fd) => (int fd);
Finally (int fd) => ();
handle error Raed => Drop;
handle error ReadIt, Reply => Drop;
atomic REPLY:{log};
await Raed: readable(fd);
blocking Replys, NothingOfTheKind;
repeat Surve:[_];
initial Setup;
final x;

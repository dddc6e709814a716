// The admin port of a program: health, metrics, what is refused, and the drain.

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

Accept () => (int fd);
Read (int fd) => (int fd, bool good);
Answer (int fd, bool good) => ();
Close (int fd) => ();

source Accept => Serve finally Close;
source every 1 min => Tick;
Serve = Read -> Answer;

Tick () => ();
atomic Answer:{line};
atomic Tick:{clock};

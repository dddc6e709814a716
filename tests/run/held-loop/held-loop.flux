// The watch of event loops: who computes, or waits out of the runtime's sight, is named.

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

Accept () => (int fd);
Read (int fd) => (int fd, char what);
Spin (int fd, char what) => (int fd);
Fetch (int fd, char what) => (int fd);
Nap (int fd, char what) => (int fd);
Nothing (int fd, char what) => (int fd);
Answer (int fd) => ();
Close (int fd) => ();

typedef spins Spins;
typedef fetches Fetches;
typedef naps Naps;

source Accept => Serve finally Close;
Serve = Read -> Do -> Answer;
Do:[_, spins] = Spin;
Do:[_, fetches] = Fetch;
Do:[_, naps] = Nap;
Do:[_, _] = Nothing;
atomic Spin:{computer};
atomic Fetch:{pipe};
await Read: readable(fd);

// later.flux - a server of HTTP each of whose answers takes 10 ms, and next to no CPU.
initial Listen;
source Accept => Connection finally Close;

Connection = Exchange -> End;
Exchange = Read -> Answer;
repeat Exchange:[_, open];
await Read: readable(fd);
handle error Read => Gone;

Listen () => ();
Accept () => (int fd, bool closes);
Read (int fd, bool closes) => (int fd, bool closes);
Answer (int fd, bool closes) => (int fd, bool closes);
End (int fd, bool closes) => ();
Close (int fd, bool closes) => ();
Gone (int fd, bool closes, int error) => ();

typedef open IsOpen;

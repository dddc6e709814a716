// R14: out of descriptors, the program pauses to accept, says so in one line, does not spin, and goes
// on as soon as there are some again.

Listen () => ();
initial Listen;
Accept () => (int fd, bool open);
Answer (int fd, bool open) => (int fd, bool open);
End (int fd, bool open) => ();
Close (int fd, bool open) => ();

typedef open IsOpen;

source Accept => Serve finally Close;
Serve = Exchange -> End;
Exchange = Answer;
repeat Exchange:[_, open];
await Answer: readable(fd);

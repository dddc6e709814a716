// fluxc: --emit=profile-template
// What is to be filled in.
source Accept => Exchange finally Close;
source every 5 s => Sweep;
Exchange = Read -> Handle;
repeat Exchange:[_, kept];
await Read: readable(fd);
Handle:[_, kept] = Look -> Write;
Handle:[_, _] = Write;
handle error Look => Apologise;
atomic Look:{cache?};
atomic Sweep:{cache};
blocking Write;
Accept () => (int fd, int kind);
Read (int fd, int kind) => (int fd, int kind);
Look (int fd, int kind) => (int fd, int kind);
Write (int fd, int kind) => (int fd, int kind);
Apologise (int fd, int kind, int error) => (int fd, int kind);
Close (int fd, int kind) => ();
Sweep () => ();
typedef kept IsKept;

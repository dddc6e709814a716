// fluxc: -dg
source Listen => Serve;
Listen () => (int fd, int limit);
Serve = Read -> Write -> Wait -> Last;
Read (int fd, int limit) => (int fd, int limit);
Write (int fd, int limit) => (int fd, int limit);
Wait (int fd, int limit) => (int fd, int limit);
Last (int fd, int limit) => ();
await Read: readable(fd);
await Write: writable(fd) within limit;
await Wait: readable(fd) within 30 s;
await Last: readable(fd) within 1 us;

// Connections that stay: a turn for each request.
source Accept => Exchange;
Exchange = Turns -> Close;
Turns = Read -> Reply;
repeat Turns:[kept];
await Read: readable(fd);
Accept () => (int fd);
Read (int fd) => (int fd);
Reply (int fd) => (int fd);
Close (int fd) => ();
typedef kept IsKept;

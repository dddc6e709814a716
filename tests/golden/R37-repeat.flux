// fluxc: -dg
source Accept => Conn;
Accept () => (int fd, bool keep);
Conn = Exchange -> Close;
Exchange = Read -> Reply;
Read (int fd, bool keep) => (int fd, bool keep, char *line);
Reply (int fd, bool keep, char *line) => (int fd, bool keep);
Close (int fd, bool keep) => ();
typedef keep KeepAlive;
repeat Exchange:[_, keep];

source Listen => Serve;
Listen () => (int fd, char *peer);
Serve = Read -> Parse -> Reply;
Read (int fd, const char *peer) => (int fd, char *line);
Parse (int fd, char **line) => (int fd, struct request *r);
Reply (int fd, union request *r) => ();

source Listen => Serve;
Listen () => (int fd, char *peer);
Serve = Read -> Parse -> Reply;
Read (int fd) => ();
Parse (int fd, char **line) => (int fd, struct request *r);
Reply () => ();

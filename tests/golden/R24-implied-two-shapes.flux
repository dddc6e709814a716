source Listen => Serve;
Listen () => (int fd);
Serve = Read -> Reply;
Read (int fd) => (char *text);
Reply (char *text) => ();
handle error Read, Reply => Drop;

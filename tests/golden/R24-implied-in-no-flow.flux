source Listen => Serve;
Listen () => (int fd);
Serve = Read -> Drop;
Read (int fd) => (int fd);
handle error Read => Drop;

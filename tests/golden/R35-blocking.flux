source Listen => Serve;
Listen () => (int fd);
Serve = Read -> Write;
Read (int fd) => (int fd);
Write (int fd) => ();
blocking Read, Serve;
blocking Write, Read;

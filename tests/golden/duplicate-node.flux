source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
Serve (int fd) => ();
Serve () => ();

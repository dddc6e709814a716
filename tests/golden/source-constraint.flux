source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
atomic Listen:{conns, port};

source Listen => Serve;
Listen () => (int fd);
Serve = Read;
Serve = Done;
Serve:[_] = Done;
Read (int fd) => ();
Done (int fd) => ();

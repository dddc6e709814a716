source Listen => Serve;
Listen () => (int fd);
Serve = Listen_in -> Serve_out;
Listen_in (int fd) => (int fd);
Serve_out (int fd) => ();

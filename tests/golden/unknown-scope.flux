source Listen {session: Who} => Serve;
Listen () => (int fd);
Serve (int fd) => ();
atomic Serve:{a(sesion), b(global), c(program), d(session)};

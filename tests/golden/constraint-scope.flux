source Listen {session: Who} => Serve;
Listen () => (int fd);
Serve = Read -> Done;
Read (int fd) => (int fd);
Done (int fd) => ();
atomic Serve:{a};
atomic Read:{a(session), b(session)};
atomic Done:{a(program), b};

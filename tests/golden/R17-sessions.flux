// fluxc: -dg
source Listen {session: Who} => Serve;
source parallel Join {session: Whose} => Serve;
Listen () => (int fd);
Join () => (int fd);
Serve (int fd) => ();
atomic Serve:{seat(session)};

// fluxc: -dg
// Session scope first, then by bytes: upper case before lower, 'a1' before 'ab'.
source Listen {session: Who} => Serve;
Listen () => (int fd);
Serve (int fd) => ();
atomic Serve:{b, a1, Z, ab, z(session), m(session), a};

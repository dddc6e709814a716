// fluxc: -dg
// Every declaration stands before what it speaks of.
atomic Reply:{log}; handle error Read => Drop; source Listen => Serve; /* a
comment of two lines */ Serve = Read -> Reply; Reply:[big] = Write; Reply:[*] = ;
typedef big IsBig; Write (int n) => (int n); Done (int n) => (); Read (int fd) => (int n);
Listen () => (int fd); handle error * => Drop2; Drop (int fd) => (); Drop2 () => ();
Unit = Done;
source Tick => Unit; Tick () => (int n);

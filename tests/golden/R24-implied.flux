// fluxc: -dg
source Listen => Serve;
Listen () => (int fd, int error);
Serve = Read -> Reply;
Read (int fd, int error) => (int n);
Reply (int n) => ();
handle error Read => Drop;
handle error Drop => Worse;
handle error Reply, * => Nothing;

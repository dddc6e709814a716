// fluxc: -dg
source Listen => Serve;
Listen () => (int fd);
Serve = Read -> Parse -> Reply;
Read (int fd) => (int fd);
Parse (int fd) => (int fd);
Reply (int fd) => ();
handle error Read, Parse => Drop;
handle error Serve => Log;
handle error * => Last;

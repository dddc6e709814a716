// fluxc: -dg
source Listen => Serve;
Listen = Accept -> Name;
Accept () => (int fd);
Name (int fd) => (int fd, char *peer);
Anonymous (int fd, int error) => (int fd, char *peer);
Serve (int fd, char *peer) => ();
handle error Name => Anonymous;

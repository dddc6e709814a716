// fluxc: -dg
// Abstract sources, sources that share one, two for a target.
source Listen => Serve;
source Other => Serve;
Listen = Accept -> Name;
Other = Accept -> Name;
Accept () => (int fd);
Name (int fd) => (int fd, char *peer);
Serve (int fd, char *peer) => ();

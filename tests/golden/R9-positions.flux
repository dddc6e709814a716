// fluxc: -dg
// Names need not agree, types must.
source Listen => Serve;
Listen () => (int fd, char *peer);
Serve (int a, char *b) => ();

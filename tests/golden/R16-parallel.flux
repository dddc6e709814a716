// fluxc: -dg
source parallel Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();

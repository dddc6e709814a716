source Listen => Serve;
Listen () => (int fd);
/* Serve is declared in here, and this is never closed * /
Serve (int fd) => ();

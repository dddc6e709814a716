source Listen => Serve;
Listen () => (int fd, char *text, int fd);
Serve (int fd, char *text, int other) => ();

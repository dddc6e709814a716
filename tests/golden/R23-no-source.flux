source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
handle error Listen => Drop;
handle error Serve => Listen;

source Listen {session: Who} => Serve;
source Accept {session: Who} => Serve;
Listen () => (int fd);
Accept () => (int fd);
Serve (int fd) => ();

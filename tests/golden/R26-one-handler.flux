source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
handle error Serve => A;
handle error Serve, Serve => B;
handle error * => C;
handle error _ => D;

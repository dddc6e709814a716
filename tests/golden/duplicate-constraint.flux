source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
atomic Serve:{a, b, a?};
atomic Serve:{a, b!};

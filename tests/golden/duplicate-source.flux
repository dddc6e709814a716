source Listen => Serve;
source Listen => Other;
source every 1 s => Tick;
source every 1 s => Tick;
Listen () => (int fd);
Serve (int fd) => ();
Other (int fd) => ();
Tick () => ();

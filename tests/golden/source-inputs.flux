source Listen => Serve;
source Pass => Serve;
Listen (int port) => (int fd);
Pass = Listen;
Serve (int fd) => ();

source Listen => Serve;
Listen () => (int fd);
Serve = Read -> Reply;
Read (int fd) => ();
Reply () => ();
handle error Reply, * => Nothing;

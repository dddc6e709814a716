source Listen => Serve;
Serve (int fd

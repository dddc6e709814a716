source Listen => Serve;
Listen () => (int fd);
Serve = Read;
Read (int fd) => (int n, char *line);

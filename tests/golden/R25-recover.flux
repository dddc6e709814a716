// fluxc: -dg
source Listen => Serve;
Listen () => (int fd);
Serve = A -> B -> C;
A (int fd) => (int fd, char *text);
B (int fd, char *text) => (int fd);
C (int fd) => ();
Instead (int fd, int error) => (int other, char *text);
Ends (int fd, char *text) => ();
handle error A => Instead;
handle error B => Ends;

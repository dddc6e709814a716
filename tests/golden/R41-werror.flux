// fluxc: -Werror -Wno-error=unused
source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => (int n);
Alone (int fd) => ();

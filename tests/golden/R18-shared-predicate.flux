// fluxc: -dg
source Listen => Serve;
Listen () => (int fd, int n);
Serve:[big, _] = Drop;
Serve:[_, large] = Drop;
Serve:[_, _] = Drop;
Drop (int fd, int n) => ();
typedef big IsBig;
typedef large IsBig;

source Listen => Serve;
Listen () => (int fd, char *peer);
Serve:[big, _] = Drop;
Serve:[_, big] = Drop;
Serve:[_, large] = Drop;
Serve:[_, _] = Drop;
Drop (int fd, char *peer) => ();
typedef big IsBig;
typedef large IsBig;

source Listen => Serve;
Listen () => (int fd, int n);
Serve:[_, large] = Drop;
Serve:[IsBig, _] = Drop;
Serve:[_, biig] = Drop;
Serve:[_, _] = Drop;
Drop (int fd, int n) => ();
typedef big IsBig;
typedef huge IsHuge;

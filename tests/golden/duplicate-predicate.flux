source Listen => Serve;
Listen () => (int fd);
Serve:[big] = Done;
Serve:[_] = Done;
Done (int fd) => ();
typedef big IsBig;
typedef big IsLarge;

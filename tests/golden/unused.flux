// What only unused nodes lead to is not worth a warning of its own.
source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
Alone (int fd) => ();
Group = Inner -> Inner2;
Inner (int fd) => (int fd);
Inner2 (int fd) => ();
handle error Group => Handler;
Handler (int fd) => ();
typedef never IsNever;
Dispatch:[sometimes] = ;
Dispatch:[_] = ;
Dispatch (int a) => (int a);
typedef sometimes IsIt;

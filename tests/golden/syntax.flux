// One error for each declaration, and names that stand in what was passed over are no others.
source Listen => Serve
Listen () => (int fd);
Serve = Read -> -> Reply;
Read (int fd => (int n);
Reply (int n) => ()
handle error => Drop;
Group = () -> Read;
Dispatch:[] = Read;
atomic Serve:{};
atomic Serve:{a(};
source every => ;
source every 5 => Tick;
42 = Read;
Serve:[_, _ = Read;
await Read: ready(fd);
Fine = Reed;
Last = Read

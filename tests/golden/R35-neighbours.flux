// fluxc: --emit=prog
// A flow that goes from one blocking node to the next stays with its helper.
Start () => (int fd);
Read (int fd) => (int fd);
Crunch (int fd) => (int fd);
Mend (int fd, int error) => (int fd);
Reply (int fd) => ();
source Start => Serve;
Serve = Read -> Crunch -> Reply;
handle error Crunch => Mend;
blocking Read, Crunch, Mend;

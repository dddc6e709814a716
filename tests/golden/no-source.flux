// A flow, and nothing that starts it.
Serve = Read;
Read (int fd) => ();

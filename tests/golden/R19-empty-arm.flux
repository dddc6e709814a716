source Listen => Serve;
Listen () => (int fd);
Serve = Change -> Done;
Change:[big] = ;
Change:[_] = Convert;
Convert (int fd) => (char *text);
Done (char *text) => ();
typedef big IsBig;

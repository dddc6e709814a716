source Accept => Conn;
Accept () => (int fd, bool keep);
Conn = Turn -> Close;
Turn = Read;
Read (int fd, bool keep) => (int fd, bool keep);
Close (int fd, bool keep) => ();
repeat Turn:[_, *];

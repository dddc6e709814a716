// R33: one flow holds log and awaits, others wait for log. None of them may occupy a worker, or the
// flow that brings what the first one awaits finds none.

Accept () => (int fd);
Read (int fd) => (int fd);
Reply (int fd) => ();
Bring () => (int fd);
Send (int fd) => ();

source Accept => Conn;
Conn = Read -> Reply;
atomic Conn:{log};
await Read: readable(fd);

source Bring => Send;

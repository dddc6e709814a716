// replica.flux - a web server that does one thing at a time: what bench/balance balances.

initial Prepare;
final Finish;
source Accept => Connection finally Close;
Connection = Exchange -> End;
Exchange = Receive -> Work -> Reply;
repeat Exchange:[_, keep];
handle error Exchange => GiveUp;
await Receive: readable(fd);
atomic Work:{server};           // a request at a time, as in a server with one thread

Prepare () => ();
Finish () => ();
Accept () => (int fd, request *request);
Receive (int fd, request *request) => (int fd, request *request);
Work (int fd, request *request) => (int fd, request *request);
Reply (int fd, request *request) => (int fd, request *request);
End (int fd, request *request) => ();
GiveUp (int fd, request *request) => ();
Close (int fd, request *request) => ();
typedef keep KeepsAlive;

%{
#include <stddef.h>
typedef struct request {
    char head[4096];    // of the request, then of the answer
    size_t length;
    char body[16384];
    size_t body_length;
    int file;           // -1, or what is sent behind the head
    size_t file_length;
    _Bool keep;
} request;
%}

// chat.flux - a chat server: what one says, all others hear.
//
// One flow per connection, as in ../echo. The list of the guests is shared by all flows, so it is
// under the constraint `room`: many may walk along the list to talk (`room?`), who enters or leaves
// has the room alone. A guest who does not read is not waited for, or all would wait along.

%{
struct guest;
%}

Listen () => ();
Unlisten () => ();
initial Listen;
final Unlisten;

Accept () => (int fd);
Enter (int fd) => (struct guest *guest, int fd, bool here);
Hear (struct guest *guest, int fd, bool here) => (struct guest *guest, int fd, bool here);
Say (struct guest *guest, int fd, bool here) => (struct guest *guest, int fd, bool here);
Leave (struct guest *guest, int fd, bool here) => ();
Close (int fd) => ();

typedef here IsHere;

source Accept => Visit finally Close;
Visit = Enter -> Stay;

// However a stay ends, its guest leaves the room: Leave comes last, and when Talk has failed.
Stay = Talk -> Leave;
handle error Talk => Leave;

Talk = Hear -> Pass;
Pass:[_, _, here] = Say;
Pass:[_, _, _] = ;
repeat Talk:[_, _, here];

await Hear: readable(fd);

atomic Enter:{room};
atomic Say:{room?};
atomic Leave:{room};

// waiting.flux - as many flows in `await` as one likes, on a few descriptors.

initial Open;
final Shut;

Start () => (int fd);
Enter (int fd) => (int fd);
Leave (int fd) => ();

source Start => Wait;
Wait = Enter -> Leave;

await Leave: readable(fd);

// The first error is this file's, though it is found last.
include "include/broken.flux";
source Listen => Serve;
Listen () => (int fd, int more);
Serve (int fd) => ();

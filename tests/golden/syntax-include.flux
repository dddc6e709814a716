// The names of a file that was not included may be anything.
source Listen => Serve;
include cache.flux;
Listen () => (int fd);

source Listen => Serve;
include "half;
Listen () => (int fd);

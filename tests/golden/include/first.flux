include "twice.flux";
Listen () => (int fd);

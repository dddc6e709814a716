Read (int fd) => (int n);

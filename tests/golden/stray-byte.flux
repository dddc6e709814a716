source Listen => Serve @ 3 # 4;
Listen () => (int fd);
Serve = A - > B;
A (int fd) => (int fd) $;
B (int fd) => ();
Größe = A;

source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
initial Setup; final Serve; initial Again; final Nowhere;
Setup = Again;
Again () => ();

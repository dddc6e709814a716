// fluxc: -dg
source Listen => Serve;
source Accept => Serve;
Listen () => (int fd);
Accept () => (int fd);
Serve = Twice -> Twice -> Close;
Twice = Step -> Step;
Step (int fd) => (int fd);
Close (int fd) => ();

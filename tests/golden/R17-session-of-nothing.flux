source Listen {session: Who} => Serve;
Listen () => ();
Serve () => ();

// fluxc: -dg
source Listen {session: Who} => Serve;
Listen () => (int fd);
Serve (int fd) => ();
atomic Serve:{a?, b, c!, d(session), e?(session), f(program)};
atomic Serve:{a, b?, e?(session), g?};

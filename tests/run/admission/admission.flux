// R28: a source gives its constraints back before its flow waits to be admitted. With room for one
// flow, which needs the constraint of the source, it would otherwise be for ever.

Accept () => (int n);
Serve (int n) => ();
Print () => ();
final Print;

source Accept => Serve;
atomic Accept:{conns};
atomic Serve:{conns};

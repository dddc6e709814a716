// R27: an error that nobody handles ends its flow, and is in the log: the node, the path to it, the
// code. The other flows do not notice.

Numbers () => (int n);
Deep (int n) => (int n);
Print (int n) => ();

source Numbers => Flow;
Flow = Outer -> Print;
Outer = Inner;
Inner = Deep;

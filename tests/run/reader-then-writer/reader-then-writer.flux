// R30: held as a reader and wanted as a writer below, the outermost holder becomes a writer: no
// upgrade that two flows could wait for in each other, and no change between Look and Change.

Numbers () => (int n);
Look (int n) => (int seen);
Change (int seen) => ();
Peek (int n) => ();
Print () => ();
final Print;

typedef odd IsOdd;

source Numbers => Flow;
Flow:[odd] = Update;
Flow:[_] = Peek;
Update = Look -> Change;

atomic Update:{c?};
atomic Change:{c!};
atomic Peek:{c?};

// readers-writers.flux - many may look, one may change.
//
// `table?` takes a constraint as a reader: with other readers, but with no writer. `table!`, or
// plain `table`, takes it alone. Who waits is served in the order of arrival, so that readers cannot
// starve a writer; readers that stand side by side in the queue go in together.

Requests () => (bool update);
Look (bool update) => ();
Change (bool update) => ();

typedef update IsUpdate;

source Requests => Serve;
Serve:[update] = Change;
Serve:[_] = Look;

atomic Look:{table?};
atomic Change:{table!};

Report () => ();
final Report;

// A request is one piece of work, for a boss's workers, a thread, a loop.
source Arrive => Serve;
Arrive () => (int request);
Serve (int request) => ();

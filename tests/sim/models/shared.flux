// A constraint that all need: with a core for each, it is the server.
source Arrive => Serve;
atomic Serve:{shared};
Arrive () => (int request);
Serve (int request) => ();

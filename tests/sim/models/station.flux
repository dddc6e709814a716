// One place where service is given, by whatever the machine has: threads, workers, loops.
source Arrive => Serve;
Arrive () => (int request);
Serve (int request) => ();

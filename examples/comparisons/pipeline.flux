// A task goes through six stages, each of which does one task at a time.
source Arrive => Line;
Line = One -> Two -> Three -> Four -> Five -> Six;
atomic One:{one};
atomic Two:{two};
atomic Three:{three};
atomic Four:{four};
atomic Five:{five};
atomic Six:{six};
Arrive () => (int task);
One (int task) => (int task);
Two (int task) => (int task);
Three (int task) => (int task);
Four (int task) => (int task);
Five (int task) => (int task);
Six (int task) => ();

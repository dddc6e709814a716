// Three stations, one after another, and each for one at a time.
source Arrive => Work;
Work = First -> Second -> Third;
atomic First:{first};
atomic Second:{second};
atomic Third:{third};
Arrive () => (int request);
First (int request) => (int request);
Second (int request) => (int request);
Third (int request) => ();

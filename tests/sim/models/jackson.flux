// Jackson's network: from A to B or C, from B back to A or out, from C out. A round through B that
// leads back is a turn of Returns; the way out is through B or C.
source Arrive => Visit;
Visit = A -> Back -> Out;
Back:[back] = Returns;
Back:[_] = ;
Returns = B -> A;
repeat Returns:[back];
Out:[through_b] = B -> Leave;
Out:[_] = C -> Leave;
atomic A:{a};
atomic B:{b};
atomic C:{c};
Arrive () => (int request);
A (int request) => (int request);
B (int request) => (int request);
C (int request) => (int request);
Leave (int request) => ();
typedef back IsBack;
typedef through_b IsThroughB;

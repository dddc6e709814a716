// Requests for files: most are in memory, the others have to be read from a slow disk.
source Arrive => Serve;
Serve = Parse -> Fetch -> Reply;
Fetch:[in_memory] = ;
Fetch:[_] = Read;
blocking Read;
Arrive () => (int request);
Parse (int request) => (int request);
Read (int request) => (int request);
Reply (int request) => ();
typedef in_memory IsInMemory;

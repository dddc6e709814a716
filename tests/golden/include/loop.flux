include "../R4-include.flux";
Done (int n) => ();

// fluxc: -dg
source every 100 ms => Tick;
source every 3us => Tick;
source every 2 min => every_1;
source every 1 s => Tick finally Done;
Tick () => ();
every_1 () => ();
Done () => ();

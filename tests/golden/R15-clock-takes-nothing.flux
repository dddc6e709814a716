source every 100 ms => Tick;
Tick (int n) => ();

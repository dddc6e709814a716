source every 0 ms => Tick;
source every 00 s => Tick;
source every 5 hours => Tick;
source every 5ns => Tick;
source every 99999999999999999999999999 s => Tick;
source every 9223372036854776 us => Tick;
source every 9223372036854775 us => Tick;
Tick () => ();

// R15: the flows of a clock do not overlap; ticks that fall while one runs become one.

Enter () => ();
Leave () => ();
Print () => ();
final Print;

source every 2 ms => Flow;
Flow = Enter -> Leave;

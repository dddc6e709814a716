// R23, R24, R26: who is asked, in which order, with which values; `*` comes last.

Numbers () => (int n);
One (int n) => (int n);
Two (int n) => (int n);
Three (int n) => (int n);
Four (int n) => (int n);
End (int n) => ();

MendOne (int n, int error) => (int n);     // recovers, with the code
MendInner (int n) => (int n);              // recovers, without
MendOuter (int n, int error) => (int n);   // asked for what MendInner leaves
Default (int error) => ();

source Numbers => Flow;
Flow = Outer -> Four -> End;
Outer = One -> Inner;
Inner = Two -> Three;

handle error One => MendOne;
handle error Inner => MendInner;
handle error Outer => MendOuter;
handle error * => Default;

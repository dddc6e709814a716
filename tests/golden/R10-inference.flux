// fluxc: -dg
// Outer and Inner are known by their bodies, two levels down; Empty by the arm that is not empty.
source Listen => Outer;
Outer = (Inner -> (Empty)) -> Last;
Inner = First -> Middle;
Empty:[big] = ;
Empty:[_] = Double;
Pass (int n) => (int n);
Pass = ;
Middle = Pass;
typedef big IsBig;
Listen () => (int fd);
First (int socket) => (int number);
Double (int x) => (int y);
Last (int n) => ();

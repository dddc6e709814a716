S () => (int n);
source S => A;
A = B -> C;
B = C;
C = A;
handle error A => B;
handle error * => *;

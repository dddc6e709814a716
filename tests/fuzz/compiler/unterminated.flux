S () => (int n);
%{ int x;
/* source S => T;

// fluxc: --emit=locks
source S => T;
S () => (int n);
T (int n) => ();

source S => T;
S () => (int a, char *b);
T = A -> B -> C;
A (int a, char *b) => (int c);
B (unsigned int a) => (const char *text);
C (char *text) => ();

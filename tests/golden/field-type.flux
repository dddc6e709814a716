source Listen => Serve;
Listen () => (int (*callback)(int, char *), char buffer[10], int matrix[3][4], void nothing);
Serve (const int a, char *const b, const char *fine) => ();
More (int, char *, unsigned long, struct conn) => (struct *c, foo bar baz);
Others (unsigned float a, long long long b, static int c, int *x y, long char d) => (void, void);
Stars (int ************* deep, enum int e, int unsigned signed f, struct a struct b) => ();

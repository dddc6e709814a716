// fluxc: -dg -Wno-unused-node
source S => T;
S () => (unsigned a, char*s, char const *t, long int long c, struct conn *d, int unsigned e, const char * const * f);
T (unsigned int b, char *r, const char *u, long long g, struct conn*h, unsigned i, char const *const*j) => ();
More (signed a, short int b, unsigned short c, int long d, long unsigned int e, signed char f, double long g) => ();
Others (_Bool a, enum kind b, union u *c, fd_set *d, uint64_t e, image_tag f, volatile int g,
        _Complex double h, void *i, const void **j, struct point k, char *restrict l) => ();
None (void) => (void);

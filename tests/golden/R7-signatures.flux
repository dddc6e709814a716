// fluxc: -dg
source Tick => Work;
Tick () => ();
Work = Make -> Take -> Neither;
Make () => (int n, char *s);
Take (int k, char *t) => ();
Neither () => ();

// R37: the pattern decides on the outputs of each turn, the handler's too when it has recovered the
// node; an error that leaves the node ends the loop. The constraints of the node are given back
// between turns; the one around it is not.

Numbers () => (int n, int left);
Turn (int n, int left) => (int n, int left);
Mend (int n, int left, int error) => (int n, int left);
Print (int n, int left) => ();
Give (int n, int left, int error) => ();

typedef more IsMore;

source Numbers => Flow;
Flow = Loop -> Print;
Loop = Turn;
repeat Loop:[_, more];
handle error Loop => Mend;
handle error Flow => Give;

atomic Turn:{c};
atomic Loop:{b};

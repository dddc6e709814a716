// fluxc: --emit=prog
// Two semantic types share a predicate, which is asked once about each field all the same; and what
// an arm with one of them matches, a later one with the other does not get.
source Listen => Sort;
typedef big IsBig;
typedef large IsBig;
Sort:[big, large] = Keep;
Sort:[_, big] = Send;
Sort:[large, _] = Send;
Sort:[large, big] = Keep;
Sort:[_, _] = Keep;
Listen () => (int n, int m);
Send (int n, int m) => ();
Keep (int n, int m) => ();

// R14: a source that fails for ever uses next to no CPU: from the tenth failure in a row on it waits
// between its runs, up to 100 ms.

Fail () => (int n);
Print (int n) => ();

source Fail => Print;

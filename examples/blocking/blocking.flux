// blocking.flux - work that keeps a CPU busy, or waits where no runtime can see it.
//
// Under `event` all flows of a loop share one thread. Calls such as read, accept or sleep make only
// their own flow wait, so nodes need no mark for them. What does need one is a node that computes for
// long, or calls a library that blocks by other means (a database, a lock): `blocking` sends it to a
// helper thread, while the loop serves others. Threaded runtimes have no need of the word, and ignore
// it.

Ranges () => (int from, int to);
CountPrimes (int from, int to) => (int from, int to, int primes);
Print (int from, int to, int primes) => ();

source Ranges => Work;
Work = CountPrimes -> Print;

blocking CountPrimes;

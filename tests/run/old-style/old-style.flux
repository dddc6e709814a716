/* R1, R10: a program as they were written for the first compiler: sections in any order, `*` as the
 * wildcard, a handler that is declared nowhere, abstract nodes with and without signatures, one
 * inside another, both spellings of a pointer, and a scope that is written out. */
atomic Store:{shelf?(program)};
atomic Sort:{shelf(program)};

handle error Weigh => Spill;

Pack:[*, heavy] = Box;
Pack:[*, *] = Bag;

source Pick => Deliver;
Deliver = Weigh -> Process -> Send;
Process (char* fruit, int weight) => (char *fruit, int weight);
Process = Sort -> (Pack) -> Store;

typedef heavy IsHeavy;

Send (char *fruit, int weight) => ();
Store (char *fruit, int weight) => (char* fruit, int weight);
Bag (char * fruit, int weight) => (char *fruit, int weight);
Box (char *fruit, int weight) => (char *fruit, int weight);
Sort (char *fruit, int weight) => (char *fruit, int weight);
Weigh (char *fruit) => (char *fruit, int weight);
Pick () => (char *fruit);

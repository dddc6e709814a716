// handlers.flux - what happens when a node returns an error.
//
// A handler is a node that takes what the failed node was given and, if it wants it, the error code.
// One without outputs ends the flow. One with the outputs of the failed node recovers: the flow goes
// on behind that node as if nothing had happened.

Orders () => (const char *line);
Parse (const char *line) => (const char *item, int count);
Price (const char *item, int count) => (const char *item, int total);
Print (const char *item, int total) => ();

Reject (const char *line, int error) => (); // ends the flow
Estimate (const char *item, int count) => (const char *item, int total); // recovers
Refuse (const char *line, int error) => (); // also ends it

source Orders => Sell;
Sell = Parse -> Price -> Print;

handle error Parse => Reject;
handle error Price => Estimate;

// An abstract node may have a handler as well: for what its members leave unhandled. Here that is
// the error of Print, and that of Estimate when it cannot help either.
handle error Sell => Refuse;

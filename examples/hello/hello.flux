// hello.flux - a pipeline: what one node returns, the next one gets.
//
// A node is a C function (nodes.c). Its line here says what goes in and what comes out; data passes
// from node to node by position. Each time the source returns, a new flow starts; how many flows
// run at the same time, and on what, is the runtime's business: build it with --runtime=thread,
// pool or event, and nothing else changes.

Names () => (const char *name);
Greet (const char *name) => (char *greeting);
Print (char *greeting) => ();

source Names => Hello;
Hello = Greet -> Print;

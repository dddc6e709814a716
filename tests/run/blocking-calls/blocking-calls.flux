// R34: a node that blocks makes only its own flow wait. Every flow here is one end of a conversation
// that it holds with another flow, inside one node each, so all of them have to be under way at once.

Pairs () => (int fd, int number, bool asks);
Ask (int fd, int number, bool asks) => (int number);
Answer (int fd, int number, bool asks) => (int number);
Print (int number) => ();

typedef asks Asks;

source Pairs => Flow;
Flow = Talk -> Print;
Talk:[_, _, asks] = Ask;
Talk:[_, _, _] = Answer;

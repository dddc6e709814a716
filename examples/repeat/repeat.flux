// repeat.flux - a loop: the outputs of a node become its inputs again.
//
// `repeat Step:[_, _, big]` runs Step again for as long as its outputs match the pattern, which is
// written as in a dispatch. Its inputs and outputs have to be the same. A loop is one flow, however
// often it turns; between turns others get their chance. A connection that carries one request
// after another is such a loop: see ../echo.

Starts () => (int start, int steps, long n);
Halve (int start, int steps, long n) => (int start, int steps, long n);
Triple (int start, int steps, long n) => (int start, int steps, long n);
Print (int start, int steps, long n) => ();

typedef even IsEven;
typedef big AboveOne;

source Starts => Collatz;
Collatz = Step -> Print;

Step:[_, _, even] = Halve;
Step:[_, _, _] = Triple;
repeat Step:[_, _, big];

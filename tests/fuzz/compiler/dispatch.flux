// dispatch.flux - the way that a flow takes depends on its data.
//
// A typedef gives a name to a predicate, a C function that answers yes or no. An abstract node may
// have several bodies, its arms, each behind a pattern with one place per input: a predicate that
// must hold, or _ for anything. Arms are tried from the top, and the first that matches runs, alone.

Count () => (int number, bool loud);
Fizz (int number, bool loud) => (int number, bool loud);
Buzz (int number, bool loud) => (int number, bool loud);
FizzBuzz (int number, bool loud) => (int number, bool loud);
Number (int number, bool loud) => (int number, bool loud);
Shout (int number, bool loud) => ();

typedef by3 DivisibleBy3;
typedef by5 DivisibleBy5;
typedef silent IsSilent;

source Count => Play;
Play = Say -> Shout;

Say:[_, silent] = ; // an empty body passes its input through
Say:[by3, _] = Threes; // a body may itself be a dispatch
Say:[by5, _] = Buzz;
Say:[_, _] = Number;

Threes:[by5, _] = FizzBuzz;
Threes:[_, _] = Fizz;

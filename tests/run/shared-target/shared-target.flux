// R13: two sources for one target, an abstract source, and an abstract node that several of them go
// through. What does not come through the sieve of a source starts no flow (R14).

Odd () => (int n);
Even () => (int n);
Sieve (int n) => (int n);
Mark (int n) => (int n);
Print (int n) => ();

source Odds => Show;
source Evens => Show;
source Even => Plain;

Odds = Odd -> Select;
Evens = Even -> Select;
Select = Sieve -> Mark;
Show = Mark -> Print;
Plain = Select -> Print;

// R24, R25: what handlers are given, and what goes on: an abstract handler takes the code, a node
// that passes its input through is recovered without changing it where it is needed later. One of
// the values is an array.

%{
typedef int pair[2];
%}

source Next => Flow finally Close;
Flow = Limit -> Work -> Show;

typedef small IsSmall;
Limit:[small, _] = ;
handle error Limit => Clip;

Work = Odd -> Scale;
handle error Work => Mend;
Mend = Note -> Repair;

Next () => (int n, pair at);
Odd (int n, pair at) => (int n, pair at);
Scale (int n, pair at) => (int n, pair at);
Show (int n, pair at) => ();
Close (int n, pair at) => ();
Limit (int n, pair at) => (int n, pair at);
Clip (int n, pair at, int error) => (int n, pair at);
Note (int n, pair at, int error) => (int n, pair at, int error);
Repair (int n, pair at, int error) => (int n, pair at);

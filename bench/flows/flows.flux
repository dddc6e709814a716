// flows.flux - flows that begin and end, and do nothing.

Begin () => ();
Nothing () => ();

source Begin => Nothing;

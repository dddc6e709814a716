// sleepers.flux - flows that block in the middle of a node, as many as one likes.

Start () => (int seconds);
Sleep (int seconds) => ();

source Start => Sleeper;
Sleeper = Sleep;

// sources.flux - several sources in one program.
//
// Sources run side by side, and may lead to the same node or to different ones. Each runs once at
// a time, unless it is `parallel`: then as many copies of it run as the runtime has threads or
// loops, and it has to be written for that. A source may also be abstract, a small flow of its own;
// an error on the way means "nothing this time". The program ends when all sources have.

Letters () => (const char *what);
Digits () => (const char *what);
Draw () => (int number);
Choose (int number) => (int number);
Show (const char *what) => ();
ShowNumber (int number) => ();

source Letters => Show;
source Digits => Show;

source parallel Lottery => ShowNumber;
Lottery = Draw -> Choose;

// R16: a parallel source runs on several threads at once, any other one once at a time.

Many () => (int n);
One () => (int n);
Count (int n) => ();
Print () => ();
final Print;

source parallel Many => Count;
source One => Count;

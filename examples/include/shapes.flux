// shapes.flux - the part of include.flux that knows about shapes.

typedef round IsRound;

MeasureCircle (struct shape shape) => (const char *name, double area);
MeasureSquare (struct shape shape) => (const char *name, double area);

Measure:[round] = MeasureCircle;
Measure:[_] = MeasureSquare;

// fluxc: --emit=locks
// Long ways, of which the beginning is shown, and more of everything: nodes that hold many constraints
// before one is added, many holders of one, many nodes around and inside one. A list wider than a column is.
S () => (int n);
source S => Top;
Top = A -> B -> C -> D -> E -> F -> G -> H -> I -> J -> Last;
A = A1; A1 = A2; A2 = A3; A3 = A4; A4 = A5; A5 = A6; A6 = P;
P (int n) => (int n);
Q (int n) => (int n);
Last (int n) => ();
B = P -> Q; C = P -> Q; D = P -> Q; E = P -> Q; F = P -> Q; G = P -> Q; H = P -> Q; I = P -> Q;
J = P -> P -> P -> P -> P -> P -> P -> P -> Q;
atomic A:{z};
atomic P:{b?, m};
atomic B:{c1, c2, c3, c4, c5, c6, c7, c8};
atomic C:{a?};
atomic Q:{a};
atomic D:{b?}; atomic E:{b?}; atomic F:{b?}; atomic G:{b?}; atomic H:{b?}; atomic I:{b?}; atomic J:{b?};
source Other => Top2;
Other () => (int n);
Top2 = Long -> Last;
Long = L1; L1 = L2; L2 = L3; L3 = L4; L4 = L5; L5 = L6; L6 = Q;
atomic Long:{a?, w1, w2, w3, w4, w5, w6, w7, w8, w9, wa, wb, wc, wd, we, wf, wg, wh, wi, wj};

source new => delete;
new () => (int this);
delete (int that) => ();
delete:[class] = Fine;
Fine (int private) => ();
typedef class operator;

// sessions.flux - constraints that each client has for itself.
//
// The session function names the session that a flow belongs to: here, the user. A constraint with
// (session) exists once in every session: two requests of one user wait for each other, requests of
// different users do not. It comes into being with the first flow of a session and is freed with the
// last one, however many sessions there are.

Requests () => (int user, int price);
AddToCart (int user, int price) => ();

source Requests {session: UserOf} => Shop;
Shop = AddToCart;

atomic AddToCart:{cart(session)};

Report () => ();
final Report;

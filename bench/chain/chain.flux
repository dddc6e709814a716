// chain.flux - ten nodes in a row that do next to nothing, so that what is left is the flow.

Count () => (uint64_t number, uint64_t sum);
One (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Two (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Three (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Four (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Five (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Six (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Seven (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Eight (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Nine (uint64_t number, uint64_t sum) => (uint64_t number, uint64_t sum);
Ten (uint64_t number, uint64_t sum) => ();

source Count => Chain;
Chain = One -> Two -> Three -> Four -> Five -> Six -> Seven -> Eight -> Nine -> Ten;

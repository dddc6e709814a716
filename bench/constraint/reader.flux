// reader.flux - Add takes a constraint as a reader.
include "turns.flux";

atomic Add:{ledger?};

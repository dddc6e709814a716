// writer.flux - Add takes a constraint as a writer.
include "turns.flux";

atomic Add:{ledger};

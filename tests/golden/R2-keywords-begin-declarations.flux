// fluxc: -da
source = typedef -> (handle -> atomic) -> await; typedef:[within] = ; handle () => ();
atomic (int a) => (); await = ; initial:[*] = initial; final () => (); include = include;
parallel = ; every:[every] = every; session () => (); finally = finally; error = ; repeat = repeat;
readable:[_, _] = ; writable () => (); within = ; blocking (int blocking) => ();
source every => parallel; source parallel => every; source parallel every => every;

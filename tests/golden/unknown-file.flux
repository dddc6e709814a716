// fluxc: -I include
include "nowhere.flux";
include "/nowhere/at/all.flux";
source Listen => Serve;

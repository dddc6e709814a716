// fluxc: --emit=svg -w
include "picture-parts.flux";

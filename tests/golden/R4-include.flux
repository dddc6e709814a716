// fluxc: -da -I include
// "twice" is included by both, once by another name; "loop" includes this file.
include "include/first.flux";
include "include/./twice.flux";
include "second.flux";
include "include/loop.flux";
source Listen => Serve;

// fluxc: -da
%{
#include "types.h" // with % and } and /* of its own
%}
source Listen => Serve;
Listen () => (struct conn *c); %{ typedef int number; %}
Serve (struct conn *c) => ();

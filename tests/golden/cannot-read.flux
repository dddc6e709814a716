include "include";
source Listen => Serve;

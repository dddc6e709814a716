source Listen => Serve;
Listen () => (int fd); %{
#include "types.h"
Serve (int fd) => ();

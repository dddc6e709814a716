# fluxc build with nodes in C++: C is compiled as C, C++ as C++ (R7).
. "$ROOT/tests/cli/assert"

command -v "${CXX:-c++}" >/dev/null || { echo "no C++ compiler"; exit 77; }
cat >mix.flux <<'END'
Count () => (int n);
Twice (int n) => (int n);
Show (int n) => ();
source Count => Flow;
Flow = Twice -> Show;
END
cat >count.c <<'END'
#include "mix_flux.h"
int Count(Count_out *out)
{
    int class = 21; /* C and not C++ */
    static int calls;
    out->n = class;
    return calls++ ? FLUX_STOP : 0;
}
END
cat >twice.cc <<'END'
#include "mix_flux.h"
#include <string>
int Twice(Twice_in *in, Twice_out *out)
{
    out->n = std::stoi(std::to_string(in->n)) * 2;
    return 0;
}
int Show(Show_in *in)
{
    return std::printf("%d\n", in->n) < 0;
}
END
sed -i '2i#include <cstdio>' twice.cc
expect 0 "$FLUXC" build -v -std=c11 -std=c++17 -Wall -O1 -o mix mix.flux count.c twice.cc -lm
grep -q warning err && fail "$(cat err)"
expect 0 ./mix
says out 42
holds mix mix.flux count.c twice.cc
expect 0 "$FLUXC" build -c mix.flux count.c twice.cc
holds mix mix.flux count.c twice.cc mix_flux.o count.o twice.o

# A profile that a program has measured under light load goes into the simulator of the same program
# as it is, which then says how long requests take, and how many there can be.
# limit: 240 s
. "$ROOT/tests/cli/assert"

cat >toy.flux <<'END'
source Ask => Work;
Work = Turn -> Sleep -> Kind -> Done;
Kind:[rare] = Rare;
Kind:[_] = ;
Ask () => (int n);
Turn (int n) => (int n);
Sleep (int n) => (int n);
Rare (int n) => (int n);
Done (int n) => ();
typedef rare IsRare;
END
cat >nodes.c <<'END'
#define _GNU_SOURCE
#include "toy_flux.h"
#include "spin.h"
#include <flux.h>
#include <time.h>
#include <unistd.h>

int Ask(Ask_out *out)
{
    static int n;
    usleep(15000);
    out->n = n++;
    return n > 160 ? FLUX_STOP : 0;
}
int Turn(Turn_in *in, Turn_out *out)
{
    spin(300000);
    out->n = in->n;
    return 0;
}
int Sleep(Sleep_in *in, Sleep_out *out)
{
    usleep(8000);
    out->n = in->n;
    return 0;
}
bool IsRare(int n)
{
    return n % 4 == 3;
}
int Rare(Rare_in *in, Rare_out *out)
{
    spin(400000);
    out->n = in->n;
    return 0;
}
int Done(Done_in *in)
{
    (void)in;
    return 0;
}
END

expect 0 "$FLUXC_REAL" --emit=sim -o toy_sim.c toy.flux
gcc $FLAGS $(pkg-config --cflags flux-sim) toy_sim.c $(pkg-config --libs flux-sim) -o sim ||
    fail "the simulator links"
for runtime in thread pool event; do
    expect 0 "$FLUXC_REAL" build --profile --runtime=$runtime -o toy toy.flux nodes.c $FLAGS \
        -I"$ROOT/tests/cli"
    expect 0 ./toy --profile=toy.json
    expect 0 ./sim --profile=toy.json --runtime=$runtime --load=open:poisson:10 --cores=2 \
        --requests=4000 --format=json --quiet
    mv out light.json
    expect 0 ./sim --profile=toy.json --runtime=$runtime --load=closed:200,0 --cores=1 --threads=200 \
        --requests=20000 --format=json --quiet
    mv out full.json
    expect 0 python3 "$ROOT/tests/cli/profile-simulated.py"
done

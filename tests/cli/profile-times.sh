# --profile: what nodes take of a core, and what they wait, is told apart and right in the mean;
# latencies, ways and constraints agree with it.
# limit: 240 s
. "$ROOT/tests/cli/assert"

cat >toy.flux <<'END'
source Ask => Work;
Work = Short -> Long -> Sleep -> Locked -> Awaits -> Done;
Ask () => (int fd, int flow);
Short (int fd, int flow) => (int fd, int flow);
Long (int fd, int flow) => (int fd, int flow);
Sleep (int fd, int flow) => (int fd, int flow);
Locked (int fd, int flow) => (int fd, int flow);
Awaits (int fd, int flow) => (int fd, int flow);
Done (int fd, int flow) => ();
atomic Locked:{lock};
await Awaits: readable(fd) within 2 ms;
END
cat >nodes.c <<'END'
#define _GNU_SOURCE
#include "toy_flux.h"
#include "spin.h"
#include <flux.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FLOWS 240

int Ask(Ask_out *out)
{
    static int pipes[2], flows;
    if (flows == 0 && pipe(pipes) != 0)
        return errno;
    if (flows == FLOWS)
        return FLUX_STOP;
    usleep(1500);
    *out = (Ask_out){.fd = pipes[0], .flow = flows++};
    return 0;
}
int Short(Short_in *in, Short_out *out)
{
    spin(200000);
    *out = (Short_out){in->fd, in->flow};
    return 0;
}
int Long(Long_in *in, Long_out *out)
{
    spin(1000000);
    *out = (Long_out){in->fd, in->flow};
    return 0;
}
int Sleep(Sleep_in *in, Sleep_out *out)
{
    usleep(5000);
    *out = (Sleep_out){in->fd, in->flow};
    return 0;
}
int Locked(Locked_in *in, Locked_out *out)
{
    usleep(1000);
    *out = (Locked_out){in->fd, in->flow};
    return 0;
}
int Awaits(Awaits_in *in, Awaits_out *out)
{
    *out = (Awaits_out){in->fd, in->flow};
    return 0;
}
int Done(Done_in *in)
{
    (void)in;
    return 0;
}
END
sed -i 's/^END$//; s/^Work = .*/&/' toy.flux
echo 'handle error Awaits => Late;' >>toy.flux
echo 'Late (int fd, int flow, int error) => ();' >>toy.flux
echo 'int Late(Late_in *in) { return in->error == ETIMEDOUT ? 0 : in->error; }' >>nodes.c

# Requests of which few are watched, with two kinds of them in turn.
cat >many.flux <<'END'
source Ask => Work;
Work = Kind -> Done;
Kind:[odd] = Odd;
Kind:[_] = Even;
Ask () => (int n);
Odd (int n) => (int n);
Even (int n) => (int n);
Done (int n) => ();
typedef odd IsOdd;
END
cat >many.c <<'END'
#include "many_flux.h"
#include <flux.h>
int Ask(Ask_out *out)
{
    static int n;
    out->n = n++;
    return n > 2000000 ? FLUX_STOP : 0;
}
bool IsOdd(int n)
{
    return n % 2;
}
int Odd(Odd_in *in, Odd_out *out)
{
    out->n = in->n;
    return 0;
}
int Even(Even_in *in, Even_out *out)
{
    out->n = in->n;
    return 0;
}
int Done(Done_in *in)
{
    (void)in;
    return 0;
}
END
for runtime in pool event; do
    expect 0 "$FLUXC_REAL" build --profile --runtime=$runtime -o many many.flux many.c $FLAGS
    expect 0 ./many --profile=many.json
    expect 0 python3 - <<'END'
import json
nodes = json.load(open("many.json"))["nodes"]
for name in ("Odd", "Even"):
    node = nodes[name]
    weight = sum(part[2] for part in node["cpu"] + node["cpu_idle"])
    assert node["calls"] == 1000000 and 700000 < weight < 1300000, (name, weight)
END
done

for runtime in thread pool event; do
    expect 0 "$FLUXC_REAL" build --profile --runtime=$runtime -Wall -Wextra -Werror -o toy toy.flux \
        nodes.c $FLAGS -I"$ROOT/tests/cli"
    expect 0 ./toy --profile=toy.json
    expect 0 python3 "$ROOT/tests/cli/profile-times.py" toy.json $runtime
done

# fluxc build finds the runtimes in the installation it belongs to, else where pkg-config does.
. "$ROOT/tests/cli/assert"
unset CC

cat >hello.flux <<'END'
Count () => (int n);
Show (int n) => ();
source Count => Show;
END
cat >nodes.c <<'END'
#include <stdio.h>
#include "hello_flux.h"
int Count(Count_out *out)
{
    static int n;
    out->n = ++n;
    return n > 2 ? FLUX_STOP : 0;
}
int Show(Show_in *in)
{
    return printf("turn %d\n", in->n) < 0;
}
END
mkdir alone
cp "$FLUXC_REAL" alone/fluxc

# The test's environment names the folder.
expect 0 alone/fluxc build --runtime=thread hello.flux nodes.c
expect 0 ./hello
says out "turn 2"
rm hello

PKG_CONFIG_PATH=
export PKG_CONFIG_PATH
expect 2 alone/fluxc build --runtime=pool hello.flux nodes.c
says err "the runtime 'pool' is not installed: neither '"
says err "/lib/pkgconfig' nor pkg-config knows flux-pool"
PKG_CONFIG=no-such-program expect 2 alone/fluxc build hello.flux nodes.c
says err "is not installed"
expect 0 "$FLUXC_REAL" build hello.flux nodes.c # its own stand beside it
rm hello

# Another pkg-config, with arguments; the second question fails.
cat >half <<'END'
#!/bin/sh
echo "$@" >>asked
case " $* " in *" --cflags "*) echo -DHALF ;; *) exit 1 ;; esac
END
chmod +x half
PKG_CONFIG="$PWD/half --static" expect 2 alone/fluxc build --runtime=event hello.flux nodes.c
says err "the runtime 'event' is not installed"
says asked "--static --silence-errors --cflags flux-event"
says asked "--static --silence-errors --libs flux-event"
holds alone asked half hello.flux nodes.c

# fluxc build: what it hands on to the C compiler, and how it shows that.
. "$ROOT/tests/cli/assert"

mkdir src inc
cat >src/hello.flux <<'END'
Count () => (number n);
Show (number n) => ();
source Count => Show;
END
echo 'typedef long number;' >types.h
echo '#define WORD "turn"' >inc/words.h
cat >src/nodes.c <<'END'
#include <math.h>
#include <stdio.h>
#include "hello_flux.h"
#include "words.h"
int Count(Count_out *out)
{
    static int n;
    out->n = (number)floor(++n + 0.5);
    return n > 2 ? FLUX_STOP : 0;
}
int Show(Show_in *in)
{
    return printf("%s %ld %s\n", WORD, in->n, TEXT) < 0;
}
END

# A script in place of the compiler that notes its arguments, a line each.
cat >cc <<'END'
#!/bin/sh
printf '%s\n' "$@" >words
exec gcc "$@"
END
chmod +x cc
CC=$PWD/cc
export CC

# Options with their values, blanks and quotes in them, for linking too; a header from here.
expect 0 "$FLUXC" build --include=types.h -I inc -DTEXT='"it'"'"'s me"' -Wl,--as-needed -L inc \
    -v -o hello src/hello.flux src/nodes.c -l m
expect 0 ./hello
says out "turn 2 it's me"
"$FLUXC" build --include=types.h -I inc -DTEXT='"it'"'"'s me"' -Wl,--as-needed -L inc -v \
    -o hello src/hello.flux src/nodes.c -l m 2>shown || fail "$(cat shown)"
says shown " '-DTEXT=\"it'\\''s me\"' "
grep -qx -e -Wl,--as-needed words || fail "an option for the linker is lost"

# Without linking: what is for the linker is left out, -o names the one file.
rm hello
expect 0 "$FLUXC" build --include=types.h -I inc -DTEXT='""' -Wl,--as-needed -L inc -l m -E \
    -o text src/hello.flux
grep -q "number n;" text || fail "-E does not show the structs"
grep -qx -e -Wl,--as-needed -e m words && fail "an option for the linker reaches the compiler"
rm text
expect 1 "$FLUXC" build --include=types.h -c src/hello.flux src/nodes.c # words.h is not found
says err "words.h"
: >more.cc
expect 2 "$FLUXC" build --include=types.h -c -o both src/hello.flux more.cc
says err "-o names one file, and -c makes several"
rm -f hello_flux.o nodes.o more.cc

# An empty file and an executable are replaced, a folder is not.
: >hello
expect 0 "$FLUXC" build --include=types.h -I inc -DTEXT='""' -g src/hello.flux src/nodes.c -lm
expect 0 ./hello
expect 2 "$FLUXC" build --include=types.h -I inc -DTEXT='""' -o inc src/hello.flux src/nodes.c -lm
says err "cannot write 'inc': Is a directory"
# What the compiler leaves beside the executable is called after it.
expect 0 "$FLUXC" build --include=types.h -I inc -DTEXT='""' -save-temps -o kept src/hello.flux \
    src/nodes.c -lm
ls kept-*.s >/dev/null || fail "-save-temps leaves nothing"

TMPDIR=$PWD/missing expect 2 "$FLUXC" build src/hello.flux
says err "cannot make a folder in '$PWD/missing': No such file or directory"

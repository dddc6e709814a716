# fluxc build: an executable in one command.
. "$ROOT/tests/cli/assert"
unset CC

TMPDIR=$PWD/tmp
export TMPDIR
mkdir tmp src
clean() { [ -z "$(ls -A tmp)" ] || fail "files stay behind: $(ls -A tmp)"; }

cat >src/hello.flux <<'END'
%{
#include "words.h"
%}
Count () => (int n);
Show (int n) => ();
source Count => Show;
END
echo '#define WORD "turn"' >src/words.h
cat >src/nodes.c <<'END'
#include <stdio.h>
#include "hello_flux.h"
#ifndef LAST
#define LAST 2
#endif
int Count(Count_out *out)
{
    static int n;
    out->n = ++n;
    return n > LAST ? FLUX_STOP : 0;
}
int Show(Show_in *in)
{
    printf("%s %d\n", WORD, in->n);
    return 0;
}
END

for runtime in thread pool event trace; do
    [ -f "$BUILD/lib/libflux-$runtime.a" ] || continue
    expect 0 "$FLUXC" build --runtime=$runtime -o "$runtime" src/hello.flux src/nodes.c
    [ ! -s err ] || fail "not silent: $(cat err)"
    expect 0 "./$runtime"
    says out "turn 2"
    clean
done

# Options of the C compiler, a blank in a path, C before C, the default name, from another folder.
mkdir 'a b'
cp src/* 'a b'
mkdir elsewhere
cd elsewhere
expect 0 "$FLUXC" build -DLAST=3 -g -Wall -Wextra '../a b/hello.flux' '../a b/nodes.c' -lm
expect 0 ./hello
says out "turn 3"
holds hello
cd ..
expect 0 "$FLUXC" build -v -O1 -o verbose src/hello.flux src/nodes.c
says err "cc "
says err "src/nodes.c"
clean

# -c leaves objects, which link with the library.
mkdir objects
cd objects
expect 0 "$FLUXC" build --runtime=thread -c ../src/hello.flux ../src/nodes.c
holds hello_flux.o nodes.o
expect 0 cc -o hello hello_flux.o nodes.o $(pkg-config --libs flux-thread)
expect 0 ./hello
cd ..

# The compiler's messages and its exit status; an older executable stays.
expect 0 "$FLUXC" build -o kept src/hello.flux src/nodes.c
before=$(cksum <kept)
expect 0 ./kept
sed 's/WORD/NO_WORD/' src/nodes.c >src/broken.c
cc -c -I"$BUILD/include" -fsyntax-only src/broken.c 2>/dev/null && fail "compiles"
expect 1 "$FLUXC" build -o kept src/hello.flux src/broken.c
says err "src/broken.c:"
says err "NO_WORD"
expect 1 "$FLUXC" build -o kept src/hello.flux # Count is missing
says err "Count"
[ "$(cksum <kept)" = "$before" ] || fail "a failing build has changed the executable"
ls -A | grep -q fluxc- && fail "a failing build leaves a file behind"
printf '#!/bin/sh\necho "$@" >&2\nexit 7\n' >seven
chmod +x seven
CC="$PWD/seven -one -two" expect 7 "$FLUXC" build src/hello.flux src/nodes.c
says err "-one -two "
CC=no-such-compiler expect 2 "$FLUXC" build src/hello.flux src/nodes.c
says err "cannot run 'no-such-compiler': No such file or directory"
clean

# Errors of the program come before any compiler.
echo 'source Nobody => Nowhere;' >bad.flux
CC="$PWD/seven" expect 1 "$FLUXC" build bad.flux src/nodes.c
says err "[unknown-node]"
clean

# -o does not overwrite a source, nor anything that is no executable.
before=$(cat src/nodes.c)
expect 2 "$FLUXC" build -o src/nodes.c src/hello.flux src/nodes.c
says err "'src/nodes.c' is no executable, and is not overwritten"
[ "$(cat src/nodes.c)" = "$before" ] || fail "-o has overwritten a source"

# A stale header beside a node would give it other structs than the flow.
(cd src && "$FLUXC" hello.flux)
expect 0 "$FLUXC" build -o again src/hello.flux src/nodes.c
sed -i 's/int n/long n/g' src/hello.flux
expect 2 "$FLUXC" build -o again src/hello.flux src/nodes.c
says err "'src/hello_flux.h' is older than the program"
clean

# Interrupted: the private folder goes, and so does the compiler.
cat >wait <<'END'
#!/bin/sh
echo $$ >"$PWD/pid"
exec sleep 600
END
chmod +x wait
rm src/hello_flux.*
CC="$PWD/wait" "$FLUXC_REAL" build -o again src/hello.flux src/nodes.c 2>err &
pid=$!
while [ ! -s pid ]; do kill -0 $pid || fail "$(cat err)"; done
kill -TERM $pid
wait $pid
[ $? -eq 143 ] || fail "an interrupted build ends otherwise"
! kill -0 "$(cat pid)" 2>/dev/null || fail "the compiler runs on"
clean

# What `make install` leaves is all that a program needs, wherever the tree is put later: compiler,
# headers, a library and a .pc file for each runtime, and for the simulator.
set -eu

make -s -C "$ROOT" BUILD="${BUILD#"$ROOT"/}" DESTDIR="$PWD/stage" prefix=/opt/flux install >/dev/null
mv stage/opt/flux moved
PATH=$PWD/moved/bin:$PATH
export PKG_CONFIG_PATH="$PWD/moved/lib/pkgconfig"

fluxprof --version | grep -q '^fluxprof '

cp "$ROOT/examples/hello/hello.flux" "$ROOT/examples/hello/nodes.c" .
sort "$ROOT/examples/hello/expected" >expected

for pc in moved/lib/pkgconfig/*.pc; do
    [ "$pc" != moved/lib/pkgconfig/flux-sim.pc ] || continue
    library=$(basename "$pc" .pc)
    runtime=${library#flux-}
    fluxc --runtime="$runtime" -o hello_flux.c hello.flux
    # shellcheck disable=SC2046,SC2086  # lists of words
    ${CC:-cc} ${FLAGS:-} hello_flux.c nodes.c $(pkg-config --cflags --libs "$library") -o hello
    ./hello 2>log | sort >printed
    cmp expected printed || { echo "$runtime:"; cat printed log; exit 1; }

    # All in one, by a compiler that finds its library by itself.
    env -u PKG_CONFIG_PATH CC="${CC:-cc}" \
        fluxc build --runtime="$runtime" -o built hello.flux nodes.c ${FLAGS:-}
    ./built 2>log | sort >printed
    cmp expected printed || { echo "$runtime, fluxc build:"; cat printed log; exit 1; }
done

fluxc -w --emit=sim -o hello_sim.c hello.flux
# shellcheck disable=SC2046,SC2086  # lists of words
${CC:-cc} ${FLAGS:-} hello_sim.c $(pkg-config --cflags --libs flux-sim) -o simulator
./simulator --load=open:poisson:10 --requests=1000 >printed
grep -q '^event ' printed || { echo "the simulator:"; cat printed; exit 1; }

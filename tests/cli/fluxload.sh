# The load generator and the simulator mean the same arrivals by the same load and seed.
. "$ROOT/tests/cli/assert"

cat >server.flux <<'END'
source Accept => Serve;
Accept () => (int fd);
Serve (int fd) => ();
END
expect 0 "$FLUXC" --emit=sim -o server_sim.c server.flux
gcc $FLAGS server_sim.c $(pkg-config --cflags --libs flux-sim) -o simulator ||
    fail "the simulator links"
printf '%s\n' '3 /a' '1.5 /b' '10.25' >times

for load in open:poisson:1000 open:const:3 partly:70,0.5,1s closed:5,1s trace:times trace:times,x2; do
    for seed in 1 12345; do
        expect 0 ./simulator --load="$load" --seed=$seed --arrivals=5000
        cp out simulated
        expect 0 "$BUILD/bin/fluxload" --load="$load" --seed=$seed --arrivals=5000
        cmp out simulated || fail "arrivals of $load"
    done
done
[ "$(wc -l <simulated)" = 3 ] || fail "a trace of three lines has three arrivals"
expect 0 "$BUILD/bin/fluxload" --load=closed:5,1s --arrivals=5000
[ "$(wc -l <out)" = 5 ] || fail "five clients arrive once each"

# Gaps of Poisson arrivals: their mean within 1 %, their squared variation within 0.97 to 1.03.
expect 0 "$BUILD/bin/fluxload" --load=open:poisson:1000 --arrivals=200000
awk '{ gap = $1 - last; last = $1; sum += gap; squares += gap * gap }
    END { mean = sum / NR; variation = squares / NR / mean ^ 2 - 1
          exit !(NR == 200000 && mean > 0.00099 && mean < 0.00101 &&
                 variation > 0.97 && variation < 1.03) }' out || fail "gaps are exponential"
cp out first
expect 0 "$BUILD/bin/fluxload" --load=open:poisson:1000 --arrivals=200000 --seed=2
! cmp -s out first || fail "another seed, other arrivals"

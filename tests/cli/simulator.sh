# --emit=sim and --emit=profile-template: a simulator before any node exists.
# limit: 120 s
. "$ROOT/tests/cli/assert"

cat >server.flux <<'END'
source Accept => Exchange finally Close;
Exchange = Turns -> Bye;
Turns = Read -> Handle;
repeat Turns:[_, kept];
await Read: readable(fd);
Handle:[_, cached] = Look;
Handle:[_, _] = Fetch -> Look;
atomic Look:{cache};
blocking Fetch;
Accept () => (int fd, int kind);
Read (int fd, int kind) => (int fd, int kind);
Look (int fd, int kind) => (int fd, int kind);
Fetch (int fd, int kind) => (int fd, int kind);
Bye (int fd, int kind) => ();
Close (int fd, int kind) => ();
typedef kept IsKept;
typedef cached IsCached;
END

expect 0 "$FLUXC" --emit=sim -o server_sim.c server.flux
expect 0 "$FLUXC" --emit=profile-template -o profile.json server.flux

# No warning, with any compiler.
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    $compiler -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -O1 \
        $(pkg-config --cflags flux-sim) -c -o $compiler.o server_sim.c ||
        fail "$compiler warns of the emitted tables"
done
gcc $FLAGS gcc.o $(pkg-config --libs flux-sim) -o server || fail "the simulator links"

# As it is, and filled in.
expect 0 ./server --profile=profile.json --load=closed:10,1ms --requests=2000 --quiet
grep -q "^event " out || fail "a row for event"
sed -e 's/"Handle": .*/"Handle": ["90%", "10%"]/' \
    -e 's/"Turns": "0%"/"Turns": "99%"/' \
    -e 's/"Fetch": {"cpu": "10us", "blocked": "0us"/"Fetch": {"cpu": "10us", "blocked": "exp:5ms"/' \
    profile.json >filled.json
cmp -s profile.json filled.json && fail "the template has what is filled in"
expect 0 ./server --profile=filled.json --load=open:poisson:1000 --rate=1000..9000:4000 \
    --runtime=thread,pool,event --requests=5000 --format=csv --plot=plot.gp --quiet
[ "$(grep -c . out)" = 10 ] || fail "nine points and their names"
grep -q "plot " plot.gp || fail "a script for gnuplot"
if command -v gnuplot >/dev/null; then
    gnuplot -e "set terminal dumb" plot.gp >/dev/null || fail "gnuplot reads it"
fi

# What people have filled in is not overwritten.
expect 2 "$FLUXC" --emit=profile-template -o filled.json server.flux

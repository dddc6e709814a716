# What a flow holds, takes and gives back at every step, of all programs here and of 300 random ones;
# and what is emitted for some of these compiles without a warning.
# limit: 240 s
python3 "$ROOT/tests/random/generate.py" 1001 1300 . || exit 1
(cd "$ROOT" && find bench examples servers tests -name '*.flux' -exec \
    python3 tests/checker "$FLUXC_REAL" "$OLDPWD"/*.flux {} +) || exit 1

# In no interleaving of two or three flows do they wait in a circle.
(cd "$ROOT" && find examples tests/run tests/golden -name '*.flux' -exec \
    python3 tests/checker/interleave.py "$FLUXC_REAL" "$OLDPWD"/10[1-3]?.flux {} +) || exit 1

. "$ROOT/tests/cli/assert"
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for seed in 1001 1002 1003 1004 1005 1006 1007 1008; do
        for runtime in event trace; do
            expect 0 "$FLUXC" -w --runtime=$runtime -o flows.c $seed.flux
            expect 0 $compiler -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
                -fsyntax-only $(pkg-config --cflags flux-$runtime) flows.c
        done
    done
done

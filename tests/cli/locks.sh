# What a flow holds, takes and gives back at every step, of all programs here and of 300 random ones.
# limit: 120 s
python3 "$ROOT/tests/cli/programs.py" 300 .
cd "$ROOT"
find bench examples servers tests -name '*.flux' -exec \
    python3 tests/cli/locks.py "$FLUXC" "$OLDPWD"/*.flux {} +

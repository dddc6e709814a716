# R41: whichever call of fluxc fails, it does all of its work or none of it (tests/faults/compiler.py).
# limit: 120 s
. "$ROOT/tests/cli/assert"

case $FLAGS in *thread*)
    echo "fluxc has no threads"
    exit 77
    ;;
esac
if grep -aq '\.gcda' "$FLUXC_REAL"; then
    echo "a build with counters writes files of its own, whose calls must not fail"
    exit 77
fi
gcc -std=c11 -D_GNU_SOURCE -O1 -fno-omit-frame-pointer -fPIC -shared -o faults.so \
    "$ROOT/tests/faults/faults.c" ||
    fail "the library that makes calls fail cannot be built"
python3 "$ROOT/tests/faults/compiler.py" "$FLUXC_REAL" faults.so "$ROOT/examples"

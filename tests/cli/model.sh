# The model of the constraints follows the C functions as they are now, and SPIN finds in it what it
# should where that takes a second (R29, R30, R31, R33).
# limit: 120 s
. "$ROOT/tests/cli/assert"
command -v spin >/dev/null || { echo "no spin"; exit 77; }
expect 0 python3 -B "$ROOT/tests/model/run.py" --short
! grep -q "constraint.pml:" out || fail "steps that nobody has asked for: $(cat out)"

# How it has come to what it found, to the state in which two wait for each other.
expect 0 python3 -B "$ROOT/tests/model/run.py" --trail no-order
says out "proc  1 (thread:1)"
says out "waiting[0] = 2"
says out "waiting[1] = 1"

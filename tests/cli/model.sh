# The model of the constraints follows the C functions as they are now, and SPIN finds in it what it
# should where that takes a second (R29, R30, R31, R33).
# limit: 120 s
python3 -B "$ROOT/tests/model/run.py" --short

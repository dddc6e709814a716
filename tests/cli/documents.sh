# The documents tell the truth: every program in them is compiled, every command is run, and what
# they show is what comes out. limit: 120 s
exec python3 "$ROOT/tests/cli/documents.py" "$ROOT"

# Whatever the grammar in docs/language.md derives is syntax to fluxc.
exec python3 "$ROOT/tests/cli/ebnf.py" "$ROOT/docs/language.md" "$FLUXC"

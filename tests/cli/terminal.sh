# Diagnostics (R38): colour on a terminal only, and the user's text cannot command it.
. "$ROOT/tests/cli/assert"

escape=$(printf '\033')
coloured() { grep -q "$escape\[" "$1"; }

printf 'source Nobody => Nowhere;\n' >bad.flux
expect 1 "$FLUXC" bad.flux
! coloured err || fail "colour where there is no terminal"
expect 1 "$FLUXC" --color=always bad.flux
coloured err || fail "no colour with --color=always"

# terminal COMMAND...: its standard error is a terminal.
terminal() {
    python3 - "$@" <<'END'
import os, pty, subprocess, sys
ours, theirs = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=theirs)
os.close(theirs)
said = b""
try:
    while piece := os.read(ours, 4096):
        said += piece
except OSError:
    pass
process.wait()
sys.stdout.buffer.write(said)
END
}
TERM=xterm terminal "$FLUXC" bad.flux >err
coloured err || fail "no colour on a terminal"
TERM=xterm terminal "$FLUXC" --color=never bad.flux >err
! coloured err || fail "colour with --color=never"
TERM=xterm NO_COLOR=1 terminal "$FLUXC" bad.flux >err
! coloured err || fail "colour in spite of NO_COLOR"
TERM=dumb terminal "$FLUXC" bad.flux >err
! coloured err || fail "colour on a dumb terminal"

# Control characters, overlong UTF-8, overrides of direction; in the text and in names of files.
printf 'source \033[2J\007 \300\257 \342\200\256 => \tX; // \r\n' >bad.flux
cp bad.flux "$(printf 'b\033[1mad.flux')"
for file in b*.flux; do
    expect 1 "$FLUXC" "$file"
    ! LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" err || fail "control characters: $file"
    ! LC_ALL=C grep -q "$(printf '\342\200\256')" err || fail "an override of direction: $file"
    says err "<1B>[2J<07> <C0><AF> <U+202E> =>"
done

# A line of a megabyte is cut around the caret, which stands below its word.
{
    printf 'source Nobody => Show; Show () => ();'
    head -c 1000000 /dev/zero | tr '\0' ' '
    printf 'source Missing => Show;\n'
} >long.flux
expect 1 "$FLUXC" long.flux
[ "$(wc -c <err)" -lt 4000 ] || fail "a long line is printed"
python3 - <<'END' || fail "the caret is in the wrong place: $(cat err)"
lines = open("err").read().split("\n")
shown = [i for i, line in enumerate(lines) if "|" in line and "Missing" in line]
begin = lines[shown[0]].index("Missing")
marks = lines[shown[0] + 1]
assert marks.index("^") == begin and marks.rstrip() == marks[:begin] + "^~~~~~~"
END

# R41: 0 without errors, 1 with errors, 2 for wrong usage and for files, 70 for a defect.
. "$ROOT/tests/cli/assert"

good good
echo 'source Nobody => Nowhere;' >bad.flux
{ cat good.flux && echo 'Idle (int n) => ();'; } >warned.flux

expect 0 "$FLUXC" good.flux
[ ! -s out ] && [ ! -s err ] || fail "a compilation without errors is not silent"
expect 1 "$FLUXC" bad.flux
says err "bad.flux:1:8: error: "
says err "[unknown-node]"
expect 0 "$FLUXC" warned.flux
says err "[-Wunused-node]"
says err "1 warning"
expect 1 "$FLUXC" -Werror warned.flux
says err "[-Werror=unused-node]"
expect 1 "$FLUXC" -Werror=unused-node warned.flux
expect 1 "$FLUXC" -Werror=unused warned.flux
expect 0 "$FLUXC" -Werror -Wno-error=unused-node warned.flux
says err "warning: "
expect 0 "$FLUXC" -Werror -Wno-unused warned.flux
[ ! -s err ] || fail "a warning that is switched off is shown"
expect 0 "$FLUXC" -Werror -w warned.flux

expect 2 "$FLUXC" missing.flux
says err "cannot read 'missing.flux': No such file or directory [cannot-read]"
expect 2 "$FLUXC" .
says err "Is a directory"
expect 2 "$FLUXC"
expect 2 "$FLUXC" --no-such-option good.flux

# Crashes are said to be defects of fluxc; sanitizers say it themselves.
case $BUILD in */san-*) exit 0 ;; esac
mkfifo never
"$FLUXC_REAL" never >out 2>err &
pid=$!
state() { sed -n 's/^State:.//p' "/proc/$pid/status"; }
# It has caught its signals once it sleeps, waiting for the other end of the pipe.
while [ "$(readlink "/proc/$pid/exe")" != "$(readlink -f "$FLUXC_REAL")" ] || [ "$(state)" != "S (sleeping)" ]; do
    kill -0 $pid || fail "does not wait for the pipe"
done
kill -SEGV $pid
wait $pid
[ $? -eq 70 ] || fail "a crash does not exit 70"
says err "defect of fluxc"

# Input that means harm ends with a diagnostic, in little time and memory, and leaves nothing behind.
set -eu
case $BUILD in
*san-*) ;; # sanitizers reserve more than any limit
*) ulimit -v 3000000 ;; # KiB
esac

# $1: the name of the diagnostic, $2: the file. It is refused, and not by a signal.
refused()
{
    status=0
    "$FLUXC" -o out.c "$2" 2>messages || status=$?
    [ "$status" -eq 1 ] || { echo "$2: exit $status"; tail -3 messages; exit 1; }
    grep -q "\[$1\]" messages || { echo "$2: no [$1]"; tail -3 messages; exit 1; }
    [ ! -e out.c ] || { echo "$2: wrote out.c"; exit 1; }
}

# $1 copies of $2
repeat()
{
    yes "$2" | head -n "$1" | tr -d '\n'
}

cat >good.flux <<'END'
source Listen => Serve;
Listen () => (int fd);
Serve (int fd) => ();
END

# Files that are too large: 100 MB of text, of NUL bytes, and one that never ends.
{ cat good.flux; repeat 5000000 '/* 16 bytes of it */'; } >text.flux
truncate -s 100M zeros.flux
echo 'include "text.flux";' | cat good.flux - >includes.flux
refused file-too-large includes.flux
for file in text.flux zeros.flux /dev/zero; do
    status=0
    "$FLUXC" -o out.c "$file" 2>messages || status=$?
    [ "$status" -eq 2 ] && grep -qF '[file-too-large]' messages || { cat messages; exit 1; }
done

# Files of just below the limit, 16 MiB.
{ printf 'A = '; repeat 8000000 '('; } >open.flux
refused nesting open.flux
{ printf 'A = '; repeat 100000 '('; printf B; repeat 100000 ')'; echo ';'; } >nested.flux
refused nesting nested.flux
{ printf 'A (int b'; repeat 8000000 '['; } >brackets.flux
refused nesting brackets.flux
repeat 5000000 '@;' >strays.flux
refused stray-byte strays.flux
truncate -s 15M nuls.flux
refused stray-byte nuls.flux
repeat 4000000 '/* ' >comment.flux
refused unterminated comment.flux
{ printf 'source every '; repeat 8000000 9; echo ' s => T;'; } >digits.flux
refused syntax digits.flux
repeat 8000000 a >word.flux
refused syntax word.flux

# 10,000 errors of one kind, each reported; a chain and a cycle of 100,000 nodes.
awk 'BEGIN { for (i = 0; i < 10000; i++) print "atomic Unknown" i ":{c};" }' >unknown.flux
refused unknown-node unknown.flux
[ "$(grep -c '\[unknown-node\]' messages)" -eq 10000 ]
awk 'BEGIN { for (i = 0; i < 100000; i++) print "N" i " = N" i + 1 ";"; print "N100000 = N0;" }' \
    >cycle.flux
refused cycle cycle.flux
awk 'BEGIN { print "source S => N0; S () => (); N100000 () => ();"
             for (i = 0; i < 100000; i++) print "N" i " = N" i + 1 ";" }' >chain.flux
refused program-too-large chain.flux

# The lock analysis: a way of 100,000 nodes to a constraint that is lifted; 100,000 constraints.
{ echo 'atomic N0:{z}; atomic N100000:{a};'; cat chain.flux; } >way.flux
refused program-too-large way.flux
awk 'BEGIN { printf "source S => T; S () => (); T () => (); atomic T:{c"
             for (i = 0; i < 100000; i++) printf ", c%d", i; print "};" }' >constraints.flux
"$FLUXC_REAL" -o out.c constraints.flux # the checker would take its time

# The servers that bench/web has written by hand serve what they are asked for: pipelined, in
# pieces, to a client that asks for the connection's end, and 404. They compile without a warning.
# limit: 120 s
. "$ROOT/tests/cli/assert"

warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
peers=$ROOT/bench/web/peers
shared="connection dispatcher documents queue request start"
for name in limit threads pool leader staged; do
    sources=$peers/$name.c
    for source in $shared; do
        sources="$sources $peers/$source.c"
    done
    # shellcheck disable=SC2086  # lists of words
    expect 0 "${CC:-gcc}" -std=c11 -D_GNU_SOURCE -O2 $warnings -o "$name" $sources -pthread
done

mkdir root root/folder
head -c 100 /dev/urandom >root/small
head -c 3000000 /dev/urandom >root/folder/large

exec python3 "$ROOT/tests/cli/bench-web-peers.py" ./limit './limit --workers 2' \
    './limit --sendfile 1000' ./threads ./pool './pool --workers 1' ./leader ./staged

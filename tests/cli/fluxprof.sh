# fluxprof on profiles written by hand, whose answers can be worked out: what it prints is in fluxprof/.
# REWRITE=1 writes down what it prints now.
. "$ROOT/tests/cli/assert"

fluxprof=$BUILD/bin/fluxprof
samples=$ROOT/tests/cli/fluxprof
cp "$samples"/*.json "$samples"/*.flux .

# prints NAME COMMAND...: it prints what the file NAME holds.
prints() {
    name=$1
    shift
    expect 0 "$@"
    [ -z "${REWRITE:-}" ] || cp out "$samples/$name"
    diff "$samples/$name" out >difference || fail "$* prints other things:
$(cat difference)"
}

prints report.txt "$fluxprof" shop.json
prints by-count.txt "$fluxprof" report --by=count --rows=2 --width 70 --slowest=20% shop.json
prints together.txt "$fluxprof" shop.json later.json --table=nodes
prints diff.txt "$fluxprof" diff shop.json later.json
prints tables.csv "$fluxprof" csv shop.json
prints report.json "$fluxprof" json shop.json
python3 -m json.tool out >/dev/null || fail "this is no JSON"

# Standard input, and files.
"$fluxprof" - --table=nodes <shop.json >piped || fail "it reads standard input"
expect 0 "$fluxprof" --table=nodes -o written shop.json
cmp piped written || fail "-o and standard output differ"
[ ! -s out ] || fail "it has printed, too"

# The picture is the compiler's, with figures.
expect 0 "$fluxprof" svg shop.json shop.flux -o shop.svg
python3 - <<'END' || fail "the picture"
import re
import xml.etree.ElementTree as tree

root = tree.parse("shop.svg").getroot()
space = "{http://www.w3.org/2000/svg}"
texts = [text.text for text in root.iter(space + "text")]
assert texts.count("1 000/s \u00d7 10.0 us") == 0, texts  # Look stands in two places
for text in ("900/s \u00d7 10.0 us", "100/s \u00d7 10.0 us", "Fetch", "100/s \u00d7 100 us", "blocked 5.00 ms", "84.7 %", "10 errors", "again 99.1 %"):
    assert text in texts, (text, texts)
assert any(text.endswith("90.0 %") for text in texts), texts
fills = {}
for box in root.iter(space + "rect"):
    title = box.find(space + "title")
    found = re.match(r"fill: #(..)(..)(..)", box.get("style", ""))
    if title is not None and found:
        fills[title.text.split(" ")[0]] = [int(part, 16) for part in found.groups()]
# The more of the time, the less green and blue.
order = sorted(fills, key=lambda node: fills[node][1] + fills[node][2])
assert order[:3] == ["Fetch", "Send", "Read"], order
assert fills["Excuse"] == [255, 255, 255], fills
END
expect 0 "$FLUXC_REAL" --emit=svg -o plain.svg shop.flux
! grep -q 'figure' plain.svg || fail "the compiler's own picture has no figures"

# What is wrong is said, where it is; nothing is left of a file that could not be written.
expect 1 "$fluxprof" missing.json
says err "fluxprof: missing.json: No such file or directory"
head -c 700 shop.json >cut.json
expect 1 "$fluxprof" cut.json
says err "fluxprof: cut.json: line 1"
sed 's/"calls": 10000/"calls": "many"/' shop.json >text.json
expect 1 "$fluxprof" text.json -o result
says err "fluxprof: text.json: nodes.Read.calls: a number is expected"
[ ! -e result ] || fail "a result was left"
sed 's/"format": 1/"format": 9/' shop.json >later-format.json
expect 1 "$fluxprof" later-format.json
says err "later-format.json: it has format 9; this fluxprof reads 1"
expect 0 "$FLUXC_REAL" --emit=profile-template -o template.json shop.flux
expect 1 "$fluxprof" template.json
sed 's/"program": "shop"/"program": "mill"/' shop.json >mill.json
expect 1 "$fluxprof" shop.json mill.json
says err "fluxprof: mill.json: it is of mill, the others are of shop"
expect 1 "$fluxprof" svg mill.json shop.flux
says err "fluxprof: shop.flux: the profile is of mill"
echo 'source A => B;' >shop2.flux
expect 1 "$fluxprof" svg shop.json shop2.flux
says err "shop2.flux:1:"
if [ -e /dev/full ]; then
    "$fluxprof" shop.json >/dev/full 2>err && fail "a full disk is no success"
    says err "standard output: No space left on device"
fi

# Usage.
expect 0 "$fluxprof" --help
says out "Usage: fluxprof"
expect 2 "$fluxprof"
says err "no profile is named"
for wrong in --rows=-1 --rows=x --slowest=200 --by=name --colour=red -x; do
    expect 2 "$fluxprof" "$wrong" shop.json
done
expect 2 "$fluxprof" --table=nothing shop.json
expect 2 "$fluxprof" diff shop.json
expect 2 "$fluxprof" svg shop.json

# Ports where nobody listens, or somebody else.
python3 - "$fluxprof" <<'END' || fail "ports"
import socket
import subprocess
import sys
import threading


def says(port, words):
    result = subprocess.run([sys.argv[1], f"127.0.0.1:{port}"], capture_output=True, text=True)
    assert result.returncode == 1 and words in result.stderr, (words, result)


with socket.create_server(("127.0.0.1", 0)) as nobody:
    port = nobody.getsockname()[1]
says(port, "Connection refused")

answers = [
    (b"hello\r\n\r\n", "what is there does not speak HTTP"),
    (b"HTTP/1.1 404 Not Found\r\n\r\nno profile\n", "404: no profile"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "the answer has been cut off"),
    (b"HTTP/1.1 200 OK\r\n\r\n{}", "this is no profile"),
    (b"", "what is there does not speak HTTP"),
]
with socket.create_server(("127.0.0.1", 0)) as server:

    def serve():
        for answer, _ in answers:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                client.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    for _, words in answers:
        says(server.getsockname()[1], words)
END

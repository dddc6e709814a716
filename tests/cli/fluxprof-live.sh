# A program compiled with --profile, looked at by fluxprof while it runs, and when it has ended.
# limit: 120 s
. "$ROOT/tests/cli/assert"

cp "$ROOT"/tests/run/admin-port/admin-port.flux .
for runtime in event pool; do
    # shellcheck disable=SC2086  # a list of words
    expect 0 "$FLUXC_REAL" build --profile --runtime=$runtime -o server-$runtime admin-port.flux \
        "$ROOT"/tests/run/admin-port/nodes.c -D_GNU_SOURCE ${FLAGS:-}
done

PYTHONPATH=$ROOT/tests/harness python3 - "$BUILD/bin/fluxprof" <<'END' || fail "see above"
import json
import os
import pty
import re
import signal
import subprocess
import sys

from drive import PATIENCE, Program, until

FLUXPROF = sys.argv[1]
FLOWS = 40


def fluxprof(*arguments, status=0):
    result = subprocess.run([FLUXPROF, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    if result.returncode != status:
        sys.exit(f"fluxprof {arguments}: {result}")
    return result.stdout


def tables(*arguments):
    return json.loads(fluxprof("json", *arguments))


def admins(program, count=1):
    def found():
        return re.findall(r"admin on (\S+)$", "\n".join(list(program.log)), re.M)

    until(lambda: len(found()) == count, "'admin on' is logged")
    return found()


def serve(program, count):
    for number in range(count):
        client = program.connect()
        client.send("!" if number % 4 == 0 else "x")
        client.line()
        client.close()


def check(condition, what, shown=""):
    if not condition:
        sys.exit(f"{what}: {shown}")


def node(report, name):
    return next((row for row in report["nodes"] if row["node"] == name), {"calls": 0, "errors": 0})


def look_live(address):
    """On a terminal: a screen that q ends, and the terminal is as it was."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(FLUXPROF, [FLUXPROF, "top", "--interval=0.05", address])
    seen = b""
    while b"q quits" not in seen or b"Constraints" not in seen and b"Ways" not in seen:
        more = os.read(terminal, 65536)
        check(more, "top goes on", seen)
        seen += more
    os.write(terminal, b"q")
    try:
        while more := os.read(terminal, 65536):
            seen += more
    except OSError:
        pass  # its end
    check(os.waitpid(pid, 0)[1] == 0, "top exits 0", seen)
    check(seen.startswith(b"\x1b[?1049h"), "another screen", seen[:40])
    check(seen.rstrip().endswith(b"\x1b[?1049l"), "and back", seen[-40:])


for runtime in ("event", "pool"):
    file = f"{runtime}.json"
    command = [f"./server-{runtime}", "--admin=127.0.0.1:0", f"--profile={file}"]
    with Program(command, stderr=subprocess.PIPE) as program:
        (address,) = admins(program)
        serve(program, FLOWS)
        until(lambda: tables(address)["sources"][0]["alive"] == 0, "all flows have ended")
        report = tables(address)
        check(node(report, "Read")["calls"] == FLOWS, "calls", report)
        check(node(report, "Read")["errors"] == FLOWS / 4, "errors", report)
        check(node(report, "Answer")["calls"] == FLOWS * 3 / 4, "calls", report)
        check(report["sources"][0]["flows"] == FLOWS, "flows", report)
        ways = {row["way"]: row["count"] for row in report["ways"]}
        check(ways["Accept: Read > Answer > Close"] == FLOWS * 3 / 4, "ways", ways)
        check(ways["Accept: Read! > Close"] == FLOWS / 4, "ways", ways)
        lines = fluxprof("top", "--count=2", "--interval=0.05", address).splitlines()
        check(len(lines) == 2 and "requests" in lines[0], "two looks", lines)
        if runtime == "event":
            look_live(address)
        check("<svg" in fluxprof("svg", address, "admin-port.flux"), "a picture")
        serve(program, FLOWS)
    after = tables(file)
    check(node(after, "Read")["calls"] == 2 * FLOWS, "the file has all", after)

# A program that has gone is said so; and so is one without a profile.
fluxprof(address, status=1)
fluxprof("top", address, status=1)

# Processes, each with a port, are added up.
with Program(["./server-event", "--admin=127.0.0.1:0", "--processes=2"], stderr=subprocess.PIPE) as program:
    both = admins(program, 2)
    serve(program, FLOWS)
    until(lambda: tables(*both)["sources"][0]["alive"] == 0, "all flows have ended")
    report = tables(*both)
    check(node(report, "Read")["calls"] == FLOWS, "calls of both", report)
    check(report["profile"]["processes"] == 2, "two processes", report["profile"])
END

"""What the demos share: what they say, and a server that is shown at work."""

import re
import signal
import subprocess
import sys


def say(text):
    print(text, flush=True)


def served(command, show):
    """Starts a server, lets show((host, port)) ask it, and stops it. Whether all went well."""
    say("$ " + " ".join(str(word) for word in command) + " &")
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = server.stdout.readline()
        found = re.match(r"listening on (.*):(\d+)$", line)
        if not found:
            sys.exit(f"the server did not come up: {line}")
        say("  " + line.rstrip())
        well = show((found[1], int(found[2])))
        say("$ kill %1")
        server.send_signal(signal.SIGTERM)
        say(f"  exit status {server.wait(30)}")
        return well and server.returncode == 0
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()

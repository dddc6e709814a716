#!/usr/bin/env python3
"""demo_game.py BUILD - the game server under each runtime, with bots on it, and the board.

On a terminal the last one is yours to play on.
"""

import subprocess
import sys
from pathlib import Path

from demo_kit import say, served

PLAYERS = 30
BOARD = "70x20"


def play(build, runtime, address, interactive):
    """Bots play, somebody looks on and prints the board, or the user plays. Whether all is well."""
    server = "%s:%d" % address
    command = [str(build / "bin/tagbots"), "--players", str(PLAYERS), server]
    say("$ " + " ".join(command) + " &")
    bots = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        command = [str(build / "bin/tag"), "--name", "you"]
        command += [server] if interactive else ["--print", "3", server]
        say("$ " + " ".join(command))
        status = subprocess.run(command).returncode
    finally:
        bots.terminate()
        said = bots.communicate(timeout=30)[0]
    say("  " + said.rstrip().replace("\n", "\n  "))
    return status == 0 and bots.returncode == 0


def main():
    build = Path(sys.argv[1])
    runtimes = ("thread", "pool", "event")
    well = True
    for runtime in runtimes:
        interactive = runtime == runtimes[-1] and sys.stdin.isatty() and sys.stdout.isatty()
        say(f"\n== the game server under --runtime={runtime}")
        command = [build / f"bin/game-{runtime}", "--listen", "127.0.0.1:0", "--board", BOARD]
        well = served(
            [*command, "--max-per-client", "0", "--join-rate", "0"],
            lambda address, runtime=runtime, interactive=interactive: play(
                build, runtime, address, interactive
            ),
        ) and well
    say("\nThe program is servers/game/game.flux, its nodes are the C files beside it. Play:")
    say(f"  {build}/bin/game-event &")
    say(f"  {build}/bin/tagbots 127.0.0.1:7777 &")
    say(f"  {build}/bin/tag 127.0.0.1:7777")
    sys.exit(0 if well else "something is not as it should be")


if __name__ == "__main__":
    main()

"""turns of the game server: how late they begin, and for how many players they are on time

The peer is the same game in a loop by hand, on one thread (loop.c); both share all that knows about
the game. Bots play; a turn is on time if it begins less than 2 ms after it is due, but for one in a
hundred, and its last datagram is out before the next one is due. GAME_SECONDS=10 shortens the rounds,
GAME_CROWDS='1000 3000' tries these numbers of players.
"""

import json
import os
import resource
import subprocess

from kit import program
from kit.contest import Contest, Figure, at_most, below
from kit.process import LOAD_CPU, QUIET, Process, pinned, shown

PLAYERS = 1000
SECONDS = int(os.environ.get("GAME_SECONDS", 30))  # of each round: a turn is a tenth
RUNTIMES = (("event", ["--loops", 1]), ("pool", []), ("thread", []))

CROWDS = [int(n) for n in os.environ.get("GAME_CROWDS", "1000 1500 2000 3000 4000 6000 8000 10000 12000 15000 20000").split()]
CROWD_SECONDS = 6
BOARD = "400x200"

COMMON = [
    "servers/common/cookie.c", "servers/common/clients.c", "servers/common/datagrams.c",
    "servers/common/address.c", "servers/common/histogram.c", "servers/common/listen.c",
    "servers/common/tag_board.c",
    "servers/common/tag_game.c", "servers/common/tag_state.c", "servers/common/tag_wire.c",
]


def by_hand():
    flags = [program.include("servers/common"), program.include("runtimes"), "-flto", "-lcrypto"]
    loop = program.c("game-loop", "bench/game/loop.c", *COMMON, flags=flags)
    return pinned([loop, 10, BOARD, 65535])


def by_flux(runtime, options):
    server = program.relative(program.build_folder() / "bin" / f"game-{runtime}")
    return pinned([server, *options, "--listen", "127.0.0.1:0", "--board", BOARD, "--max-players",
                   65535, "--max-per-client", 0, "--join-rate", 0, "--report", "1000s", *QUIET])


def play(command, players, seconds):
    """What the server says of its turns, and what the bots say."""
    bots = program.relative(program.build_folder() / "bin" / "tagbots")
    with Process(command) as server:
        port = server.port()
        load = pinned([bots, "--players", players, "--seconds", seconds, "--watching", 20, "--json",
                       f"127.0.0.1:{port}"], [LOAD_CPU])
        done = subprocess.run(load, capture_output=True, text=True)
        cpu = server.cpu()
    said = json.loads(server.last_line())
    heard = json.loads(done.stdout)
    if done.returncode != 0 or heard["rejected"] > 0:
        raise RuntimeError(f"not all have played: {done.stdout}{done.stderr}")
    return said, heard, cpu / 1e9 / seconds


def late(command):
    """Milliseconds: turns begin, and are out; and percent of a CPU."""
    said, heard, cpu = play(command, PLAYERS, SECONDS)
    return (said["late_ms"]["p50"], said["late_ms"]["p999"], heard["last_ms"]["p50"], 100 * cpu)


def is_on_time(said, heard):
    return (said["late_ms"]["p99"] < 2 and said["done_ms"]["p99"] < 100 and said["skipped"] == 0
            and said["unsent"] == 0)


def most_players(command):
    """The largest of CROWDS that is served on time."""
    most = 0
    for players in CROWDS:
        said, heard, _ = play(command, players, CROWD_SECONDS)
        if not is_on_time(said, heard):
            return most
        most = players
    return most


def run():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    servers = [("loop, by hand", by_hand())]
    servers += [(runtime, by_flux(runtime, options)) for runtime, options in RUNTIMES]
    contest = Contest(
        Figure(f"{PLAYERS:,} players: a turn begins late by, median", "ms", digits=3),
        Figure(f"{PLAYERS:,} players: the same, 99.9th percentile", "ms", digits=3),
        Figure(f"{PLAYERS:,} players: its last datagram arrives after, median", "ms", digits=2),
        Figure(f"{PLAYERS:,} players: CPU", "%"),
    )
    for label, command in servers:
        print("  " + shown(command))
        bars = [] if label == servers[0][0] else [at_most(1.1), below(2), at_most(1.1)]
        contest.enter(label, lambda command=command: late(command), *bars)
    missed = contest.run()
    print("  players for whom turns are on time, of " + ", ".join(map(str, CROWDS)))
    for label, command in servers:
        print(f"    {label:<24} {most_players(command):>14,}", flush=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return missed

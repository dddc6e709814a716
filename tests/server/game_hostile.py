#!/usr/bin/env python3
"""The game server and those who mean no good: whatever they send, others play on, nobody is answered
with more than was sent, and nothing is left of them."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from game_kit import *

# limit: 120 s

RANDOM = random.Random(7)


@contextmanager
def others_play(server):
    """Whatever happens within, two players go on playing, and are told of each other."""
    done = threading.Event()
    players = [server.player(name, source="127.0.0.77") for name in ("one", "two")]

    def play():
        for count in itertools.count():
            if done.is_set():
                return count
            for player in players:
                player.heading = RANDOM.randrange(9)
                scene = player.state()
            check({"one", "two"} <= {sight.name for sight in scene.values()}, "both are there")

    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(play)
        try:
            yield players
            turns = players[0].head.turn if players[0].head else 0
            until(lambda: players[0].head.turn > turns + 5, "turns go on")
        finally:
            done.set()
        check(playing.result(PATIENCE) > 0, "others play meanwhile")
    for player in players:
        equal(player.leave(), HAS_LEFT, "the answer to the LEAVE of one who has played")


def received(socket):
    """Bytes that have come."""
    total = 0
    socket.settimeout(0)
    try:
        while True:
            total += len(socket.recv(65536))
    except (BlockingIOError, ConnectionError):
        return total


def garbage():
    """Of all lengths and kinds, whole and cut, from many."""
    with game_server("--report", "200ms", *NO_LIMITS) as server, others_play(server):
        sockets = [server.socket() for _ in range(20)]
        templates = [
            hello(1), join(1, 2, bytes(16), "x"), datagram(INPUT, bytes(17)),
            datagram(LEAVE, bytes(12)), datagram(STATE, bytes(100)), datagram(WELCOME, bytes(32)),
        ]
        sent = dict.fromkeys(sockets, 0)
        for _ in range(300 if SANITIZED else 3000):
            data = bytearray(RANDOM.choice(templates))
            for _ in range(RANDOM.randrange(4)):
                data[RANDOM.randrange(len(data))] = RANDOM.randrange(256)
            data = bytes(data[: RANDOM.randrange(len(data) + 1)])
            if RANDOM.random() < 0.2:
                data += RANDOM.randbytes(RANDOM.choice((1, 100, 2000, 65000)))
            socket = RANDOM.choice(sockets)
            socket.send(data)
            sent[socket] += len(data)
        server.reported(lambda report: report["invalid"] > 100, "what is invalid is counted")
        for socket in sockets:
            check(received(socket) <= sent[socket], "nobody gets more than it sent")


def forged_joins():
    """Cookies that are none, and players that are none: answers are shorter than what came, few, and
    no seat is taken."""
    with game_server("--report", "200ms", "--join-rate", "50") as server, others_play(server):
        socket = server.socket()
        sent = 0
        for count in range(1000):
            for data in (join(count, count, RANDOM.randbytes(16), "forger"),
                         datagram(INPUT, RANDOM.randbytes(16) + b"\1"),
                         datagram(LEAVE, RANDOM.randbytes(12))):
                socket.send(data)
                sent += len(data)
        report = server.reported(lambda report: report["limited"] > 1000, "most are left out")
        equal(report["seats"], 2, "seats that are taken")
        check(received(socket) < sent / 5, "answers are few")


def a_flood_of_inputs():
    """A player who sends thousands counts as one who sends some, and delays nobody."""
    with game_server("--report", "200ms") as server, others_play(server):
        flooder = server.player("flooder")
        for _ in range(500 if SANITIZED else 5000):
            flooder.input(RANDOM.randrange(9))
        server.reported(lambda report: report["limited"] + report["repeated"] > 100, "the rest is left out")


def crowds_that_come_and_go():
    """Seats that are taken and never used, left, and taken again: in the end there are none, and no
    memory has been taken for them."""
    with game_server("--max-players", "50", "--report", "200ms", *NO_LIMITS) as server:
        before = None
        for turn in range(3 if SANITIZED else 10):
            players = [Player(server.socket(), f"p{n}") for n in range(40)]
            for player in players:
                player.join()
            for player in players[::2]:
                player.input()
            for player in players:
                player.leave()
                player.close()
            equal(server.report()["seats"], 0, "seats that are taken")
            if turn == 1:
                before = server.memory()
        check(SANITIZED or server.memory() < before + 2000000, "no memory is left behind")


def a_player_who_never_reads():
    """Its socket is full: others are told all the same."""
    with game_server("--rate", "50") as server:
        deaf = server.player("deaf")
        with others_play(server) as players:
            for _ in range(100):
                deaf.input(RIGHT, acknowledged=0)
                turn = players[0].head.turn if players[0].head else 0
                until(lambda: players[0].head and players[0].head.turn > turn, "a turn")


def players_who_disappear():
    """ICMP says that nobody is there any more; that disturbs nobody."""
    with game_server("--rate", "50", "--idle-timeout", "1s") as server, others_play(server) as players:
        for count in range(20):
            player = server.player(f"gone{count}", source="127.0.0.78")
            player.state()
            player.close()
        until(lambda: players[1].head and players[1].head.players == 2, "they are removed")


main(
    garbage, forged_joins, a_flood_of_inputs, crowds_that_come_and_go, a_player_who_never_reads,
    players_who_disappear,
)

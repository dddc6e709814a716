"""What the tests of the game server share: a server that runs, and players who speak its protocol as
docs/game.md has it, written from that page alone."""

import json
import random
import socket
import struct
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from server_kit import *

HELLO, JOIN, INPUT, LEAVE = 1, 2, 3, 4
CHALLENGE, WELCOME, REFUSED, GONE, STATE = 129, 130, 131, 132, 133
FULL, CROWD, STALE, NAMELESS, OTHER_VERSION = 1, 2, 3, 4, 5
HAS_LEFT, UNKNOWN, STOPPED = 1, 2, 3
EVERYBODY = 65535
MOST = 1200
NOWHERE, UP, RIGHT, DOWN, LEFT = 0, 1, 3, 5, 7
NO_LIMITS = ("--max-per-client", "0", "--join-rate", "0")


# ---- a server ------------------------------------------------------------------------------------


class GameServer(Server):
    def __init__(self, program, log):
        super().__init__(program, log)
        self.address = program.address

    def socket(self, address=None, source=None):
        host, port = address or self.address
        found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        found.settimeout(PATIENCE)
        if source:
            found.bind((source, 0))
        found.connect((host, port))
        return found

    def player(self, name="somebody", **more):
        """On the board."""
        player = Player(self.socket(**more), name)
        player.join()
        player.input()
        return player

    def report(self):
        """The next line of --report."""
        lines = self.program.lines
        seen = len(lines)
        self.program.wait(lambda: len(lines) > seen, "report")
        return json.loads(lines[-1])

    def reported(self, condition, what):
        """Reports until one is as wanted."""
        end = time.monotonic() + PATIENCE
        while not condition(report := self.report()):
            check(time.monotonic() < end, f"{what}: {report}")
        return report


@contextmanager
def game_server(*options, wrapper=()):
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        command = [*wrapper, program_name("game"), *QUIET]
        if "--listen" not in options:
            command += ["--listen", "127.0.0.1:0"]
        with logged([*command, *options], log) as program:
            yield GameServer(program, log)


# ---- datagrams -----------------------------------------------------------------------------------


def datagram(kind, body, version=1):
    return struct.pack("!2sBB", b"TG", version, kind) + body


def hello(nonce, padding=20, version=1):
    return datagram(HELLO, struct.pack("!Q", nonce) + bytes(padding), version)


def join(nonce, moment, cookie, name):
    name = name if isinstance(name, bytes) else name.encode()
    return datagram(JOIN, struct.pack("!QI16sB", nonce, moment, cookie, len(name)) + name)


class Head:
    """Of a STATE."""

    def __init__(self, data):
        (self.player, self.token, self.turn, self.base, self.sequence, self.reach, self.players,
         self.tags, self.tagged, self.best) = struct.unpack("!HQIBHHHHHH", data[4:31])


class Sight:
    def __init__(self, column, row, role, since, name):
        self.column, self.row, self.role, self.since, self.name = column, row, role, since, name

    def values(self):
        return self.column, self.row, self.role, self.since, self.name


def read_scene(data, base, head):
    """What the client knows after a STATE: {player: Sight}. base: what it knew, or {}."""
    at = 31
    scene = {}
    standing = 0

    def take(format):
        nonlocal at
        values = struct.unpack_from("!" + format, data, at)
        at += struct.calcsize("!" + format)
        return values

    for number in sorted(base):
        sight = Sight(*base[number].values())
        if standing > 0:
            standing -= 1
            scene[number] = sight
            continue
        (code,) = take("B")
        if code == 82:
            role, code = take("BB")
            sight.role, sight.since = role // 128, head.turn - role % 128
            check(code <= 81, f"{code} is a move")
        if code <= 80:
            sight.column += code // 9 - 4
            sight.row += code % 9 - 4
        elif code == 81:
            sight.column, sight.row = take("HH")
        elif code == 83:
            continue
        else:
            check(code >= 128, f"{code} is a code")
            standing = code - 128
        scene[number] = sight
    equal(standing, 0, "what is left of a run of those who stand")
    previous = -1
    while at < len(data):
        number, column, row, role, since, length = take("HHHBIB")
        (name,) = take(f"{length}s")
        check(number > previous, "newcomers come in order")
        check(number not in scene, "a newcomer is not known")
        scene[number] = Sight(column, row, role, since, name.decode())
        previous = number
    return scene


class Player:
    def __init__(self, socket, name="somebody"):
        self.socket = socket
        self.name = name
        self.nonce = random.getrandbits(64)
        self.sequence = 0
        self.acknowledged = 0
        self.heading = NOWHERE
        self.scenes = {0: {}}
        self.head = None
        self.size = 0  # of the last STATE

    # ---- joining

    def receive(self, *kinds):
        """The next datagram of one of these kinds."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            data = self.socket.recv(65536)
            equal(data[:3], b"TG\x01", "how a datagram begins")
            check(len(data) <= MOST, f"{len(data)} bytes fit")
            if data[3] in kinds:
                return data
        sys.exit(f"no datagram of the kinds {kinds}")

    def silence(self, seconds=0.3):
        """Whether nothing comes for a while. Where something would be wrong at once."""
        self.socket.settimeout(seconds)
        try:
            self.socket.recv(65536)
            return False
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)

    def ask(self, request, *kinds):
        """Sends it until there is an answer."""
        self.socket.settimeout(1)
        for _ in range(PATIENCE):
            self.socket.send(request)
            try:
                return self.receive(*kinds)
            except TimeoutError:
                pass
            finally:
                self.socket.settimeout(PATIENCE)
        sys.exit(f"no answer to {request!r}")

    def challenge(self):
        """Returns time and cookie."""
        request = hello(self.nonce)
        answer = self.ask(request, CHALLENGE)
        equal(len(answer), len(request), "the length of CHALLENGE")
        nonce, moment, cookie = struct.unpack("!QI16s", answer[4:])
        equal(nonce, self.nonce, "the nonce of CHALLENGE")
        return moment, cookie

    def try_join(self):
        """WELCOME: True, REFUSED: the reason."""
        request = join(self.nonce, *self.challenge(), self.name)
        answer = self.ask(request, WELCOME, REFUSED)
        if answer[3] == REFUSED:
            check(len(answer) < len(request), "REFUSED is shorter than JOIN")
            nonce, reason = struct.unpack("!QB", answer[4:])
            equal(nonce, self.nonce, "the nonce of REFUSED")
            return reason
        self.welcome(answer)
        return True

    def join(self):
        equal(self.try_join(), True, "what JOIN is answered")

    def welcome(self, answer):
        (nonce, self.number, self.token, self.rate, self.width, self.height, self.turn,
         self.patience, self.seats) = struct.unpack("!QHQHHHIHH", answer[4:])
        equal(nonce, self.nonce, "the nonce of WELCOME")

    # ---- playing

    def input(self, heading=None, sequence=None, acknowledged=None, token=None, number=None):
        if heading is not None:
            self.heading = heading
        if sequence is None:
            self.sequence = (self.sequence + 1) % 65536
            sequence = self.sequence
        body = struct.pack(
            "!HQHIB",
            self.number if number is None else number,
            self.token if token is None else token,
            sequence,
            self.acknowledged if acknowledged is None else acknowledged,
            self.heading,
        )
        self.socket.send(datagram(INPUT, body))

    def leave(self):
        self.sequence = (self.sequence + 1) % 65536
        body = struct.pack("!HQH", self.number, self.token, self.sequence)
        return self.gone(self.ask(datagram(LEAVE, body), GONE))

    def gone(self, data):
        """The reason."""
        number, token, reason = struct.unpack("!HQB", data[4:])
        equal((number, token), (self.number, self.token), "whom GONE is for")
        return reason

    def next_state(self, alive):
        """Where nothing comes, the server may be waiting for a sign of life."""
        if not alive:
            return self.receive(STATE)
        self.socket.settimeout(0.5)
        for _ in range(2 * PATIENCE):
            try:
                return self.receive(STATE)
            except TimeoutError:
                self.input()
            finally:
                self.socket.settimeout(PATIENCE)
            self.socket.settimeout(0.5)
        sys.exit("no STATE comes")

    def state(self, acknowledge=True):
        """The next STATE, read; what is known after it."""
        data = self.next_state(acknowledge)
        head = Head(data)
        equal((head.player, head.token), (self.number, self.token), "whom a STATE is for")
        check(self.head is None or head.turn > self.head.turn, "turns rise")
        base = head.turn - head.base if head.base else 0
        check(base in self.scenes, f"the base, {base}, was acknowledged")
        scene = read_scene(data, self.scenes[base], head)
        check(self.number in scene, "a player sees itself")
        for sight in scene.values():
            check(sight.column < self.width and sight.row < self.height, "all are on the board")
            check(sight.since <= head.turn, "nobody has been something since the future")
        if head.reach == EVERYBODY:
            equal(len(scene), head.players, "how many are there, where everybody is")
        self.scenes[head.turn] = scene
        for turn in [turn for turn in self.scenes if 0 < turn < head.turn - 63]:
            del self.scenes[turn]
        self.head, self.size = head, len(data)
        if acknowledge:
            self.acknowledged = head.turn
            self.input()
        return scene

    def states(self, condition, what, acknowledge=True):
        """Until what is known is as wanted."""
        end = time.monotonic() + PATIENCE
        while not condition(scene := self.state(acknowledge)):
            check(time.monotonic() < end, what)
        return scene

    def forget(self):
        """Passes over what has come."""
        self.socket.settimeout(0)
        try:
            while True:
                self.socket.recv(65536)
        except BlockingIOError:
            self.socket.settimeout(PATIENCE)

    def cell(self, scene):
        return scene[self.number].column, scene[self.number].row

    def close(self):
        self.socket.close()


__all__ = [name for name in dir() if not name.startswith("_")]

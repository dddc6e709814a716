#!/usr/bin/env python3
"""The terminal to play with, on a terminal: what it shows, its keys, and how it ends. And bots."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios

from game_kit import *

# limit: 120 s

BINARIES = sys.argv[1]


class Terminal:
    """tag on a terminal of 100 columns and 30 rows."""

    def __init__(self, server, *options, name="human", term="xterm-256color"):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.process = subprocess.Popen(
            [f"{BINARIES}/tag", "--name", name, *options, "%s:%d" % server.address],
            stdin=slave, stdout=slave, stderr=subprocess.PIPE, env={"TERM": term},
            start_new_session=True,
        )
        os.close(slave)
        self.shown = b""

    def read(self, seconds=0.05):
        while select.select([self.master], [], [], seconds)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return
            if not data:
                return
            self.shown += data

    def shows(self, text):
        def look():
            self.read()
            return text in self.shown

        until(look, f"the terminal shows {text}")

    def press(self, keys):
        os.write(self.master, keys)

    def ends(self):
        """Its exit status, and what it says at last."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self.read()
        said = self.process.stderr.read().decode()
        os.close(self.master)
        return self.process.wait(1), said


def a_game_on_a_terminal():
    """One sees others and oneself, runs by keys, and leaves."""
    with game_server("--board", "40x20", "--rate", "20") as server:
        other = server.player("watcher")
        terminal = Terminal(server)
        terminal.shows(b"watcher")
        terminal.shows(b"human")
        terminal.shows(b"free for longest")
        number = next(iter(set(other.states(lambda scene: len(scene) == 2, "it is there"))
                           - {other.number}))

        def where(scene):
            return scene[number].column, scene[number].row

        for keys, done in ((b"\x1bOC", lambda c, r: c == 39), (b"j", lambda c, r: r == 19),
                           (b"4", lambda c, r: c == 0), (b"\x1bOA", lambda c, r: r == 0)):
            terminal.press(keys)

            def arrived(scene):
                terminal.read(0)
                return done(*where(scene))

            other.states(arrived, f"{keys} leads to the wall")
        terminal.press(b" q")
        equal(terminal.ends(), (0, ""), "the end of it")
        other.states(lambda scene: len(scene) == 1, "it has left")


def the_server_stops():
    with game_server() as server:
        terminal = Terminal(server)
        terminal.shows(b"human")
        equal(server.program.stop(), 0, "the exit status of the server")
        status, said = terminal.ends()
        equal((status, said), (1, "tag: the server stops\n"), "what is said")


def there_is_no_seat():
    with game_server("--max-players", "1") as server:
        server.player()
        status, said = Terminal(server).ends()
        equal((status, said), (1, "tag: all seats are taken\n"), "what is said")


def a_signal_ends_it():
    with game_server("--board", "40x20") as server:
        other = server.player("watcher")
        terminal = Terminal(server)
        terminal.shows(b"watcher")
        terminal.process.send_signal(signal.SIGTERM)
        equal(terminal.ends(), (0, ""), "the end of it")
        other.states(lambda scene: len(scene) == 1, "it has left")
        terminal = Terminal(server, term="no-such-terminal")
        status, said = terminal.ends()
        check(status == 1 and "--print" in said, f"{said!r} says what to do")


def bots_and_a_printed_board():
    with game_server("--board", "60x20", "--rate", "20") as server:
        address = "%s:%d" % server.address
        bots = subprocess.Popen(
            [f"{BINARIES}/tagbots", "--players", "12", "--json", address],
            stdout=subprocess.PIPE, text=True,
        )
        other = server.player("watcher")
        while True:
            other.states(lambda scene: len(scene) == 13, "the bots are there")
            scene = other.states(lambda scene: any(s.role for s in scene.values()), "one is it")
            first = {n for n, sight in scene.items() if sight.role}
            if first != {other.number}:
                break
            other.leave()  # one who only watches would be it for ever
            other = server.player("watcher")
        other.states(lambda scene: {n for n, s in scene.items() if s.role} - first,
                     "somebody is tagged")
        printed = subprocess.run(
            [f"{BINARIES}/tag", "--name", "reader", "--print", "2", address],
            stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=True,
        ).stdout
        equal(printed.count("reader  free for"), 2, "boards that are printed")
        for word in ("#" * 62, "@", "bot", "players 14"):
            check(word in printed, f"{word} is printed")
        bots.send_signal(signal.SIGINT)
        told = json.loads(bots.communicate(timeout=PATIENCE)[0])
        equal(bots.returncode, 0, "the exit status of the bots")
        equal((told["joined"], told["rejected"]), (12, 0), "bots that have played, and rejects")
        other.states(lambda scene: len(scene) == 1, "the bots have left")


def nobody_is_there():
    """Bots that nobody admits say so."""
    with game_server("--max-per-client", "2") as server:
        done = subprocess.run(
            [f"{BINARIES}/tagbots", "--players", "5", "--seconds", "2", "%s:%d" % server.address],
            capture_output=True, text=True, timeout=PATIENCE,
        )
        equal(done.returncode, 1, "the exit status")
        check("3 were refused: too many players from this address" in done.stderr, done.stderr)
    for words in (["--players", "x"], [], ["--nonsense"], ["nowhere"]):
        for tool in ("tag", "tagbots"):
            done = subprocess.run([f"{BINARIES}/{tool}", *words], capture_output=True, text=True,
                                  timeout=PATIENCE)
            equal(done.returncode, 2, f"the exit status of {tool} {words}")
            check(tool in done.stderr, f"{tool} {words} is explained")


main(
    a_game_on_a_terminal, the_server_stops, there_is_no_seat, a_signal_ends_it,
    bots_and_a_printed_board, nobody_is_there,
)

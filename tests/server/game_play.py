#!/usr/bin/env python3
"""The game server: who gets a seat, what counts, what players are told, and how it ends."""

import signal

from game_kit import *

# limit: 120 s


# ---- joining -------------------------------------------------------------------------------------


def a_cookie_is_for_one_address():
    """Nobody joins with another's cookie, with one that is made up, or without one."""
    with game_server() as server:
        player, thief = Player(server.socket()), Player(server.socket())
        moment, cookie = player.challenge()
        thief.nonce = player.nonce
        for stolen in (join(player.nonce, moment, cookie, "thief"),
                       join(player.nonce, moment, bytes(16), "thief"),
                       join(player.nonce, moment + 1, cookie, "thief")):
            answer = thief.ask(stolen, WELCOME, REFUSED)
            equal(answer[3:], struct.pack("!BQB", REFUSED, player.nonce, STALE), "the answer")
        player.join()


def nothing_is_remembered_before():
    """Whoever only asks for a cookie takes no seat and no memory, and gets no more than it sends."""
    with game_server("--max-players", "1", "--report", "200ms", *NO_LIMITS) as server:
        asking = server.socket()
        asking.settimeout(1)
        before = None
        for count in range(20000):
            request = hello(count)
            asking.send(request)
            try:
                answer = asking.recv(65536)
            except TimeoutError:
                continue
            check(len(answer) <= len(request), "an answer is no longer than the question")
            if count == 1000:
                before = server.memory()
        check(SANITIZED or server.memory() < before + 1000000, "asking takes no memory")
        equal(server.report()["seats"], 0, "seats that are taken")
        server.player().close()


def a_join_may_come_twice():
    """The same seat for the same nonce; a client that starts anew gives up the seat it had."""
    with game_server("--max-players", "2", "--max-per-client", "2") as server:
        player = server.player()
        first = player.number, player.token
        player.join()
        equal((player.number, player.token), first, "the seat of a repeated JOIN")
        again = Player(player.socket, "again")
        again.join()
        check(again.token != first[1], "another client has another token")
        again.input()
        scene = again.state()
        equal([sight.name for sight in scene.values()], ["again"], "who is on the board")
        other = Player(server.socket())
        equal(other.try_join(), True, "what is said to the second client")


def names():
    with game_server(*NO_LIMITS) as server:
        for name in ("a", "sixteen letters!", "~x y~"):
            player = server.player(name)
            equal(player.state()[player.number].name, name, "its name")
        for name in (" a", "a ", "a\x1bb", "ä", "a\x00"):
            player = Player(server.socket(), name)
            equal(player.try_join(), NAMELESS, f"what the name {name!r} is answered")
        for name in ("", 17 * "x"):  # not as a JOIN is to be
            player = Player(server.socket(), name)
            player.socket.send(join(player.nonce, *player.challenge(), name))
            check(player.silence(), f"{name!r} is dropped")


def tables_are_bounded():
    with game_server("--max-players", "3", "--max-per-client", "2", "--join-rate", "0") as server:
        players = [server.player(), server.player()]
        equal(Player(server.socket()).try_join(), CROWD, "the answer to a third of one address")
        players.append(server.player(source="127.0.0.2"))
        equal(Player(server.socket(source="127.0.0.3")).try_join(), FULL, "the answer to a fourth")
        equal(players[0].leave(), HAS_LEFT, "the answer to LEAVE")
        players[0].join()
        equal(players[0].number, 0, "the seat that was free again")


def strangers_are_limited():
    """Each address gets so many answers in a second."""
    with game_server("--join-rate", "5", "--report", "200ms") as server:
        asking = server.socket()
        for count in range(200):
            asking.send(hello(count))
        server.reported(lambda report: report["limited"] >= 190, "the others are left out")
        other = Player(server.socket(source="127.0.0.9"))
        other.join()


def other_versions():
    with game_server() as server:
        player = Player(server.socket())
        answer = player.ask(hello(player.nonce, version=2), REFUSED)
        equal(answer[4:], struct.pack("!QB", player.nonce, OTHER_VERSION), "the answer")


# ---- playing -------------------------------------------------------------------------------------


def everybody_is_told():
    """Players come, move by a cell each turn, and leave; all see the same."""
    with game_server("--board", "60x40", "--rate", "50") as server:
        a, b = server.player("a"), server.player("b")
        equal((a.width, a.height, a.rate, a.seats), (60, 40, 50, 1024), "what WELCOME says")
        a.states(lambda scene: len(scene) == 2, "a sees b")
        seen, seen_by_b = {}, {}
        for heading, column, row in ((RIGHT, 59, None), (DOWN, None, 39), (LEFT, 0, None),
                                     (UP, None, 0)):
            a.input(heading)
            scene = a.state()
            while a.cell(scene)[0] != column and a.cell(scene)[1] != row:
                before, turn = a.cell(scene), a.head.turn
                scene = a.state()
                steps = a.head.turn - turn
                for one, other in zip(before, a.cell(scene)):
                    check(abs(one - other) <= steps, "a cell each turn at most")
                seen[a.head.turn] = {n: s.values() for n, s in scene.items()}
                scene_of_b = b.state()
                seen_by_b[b.head.turn] = {n: s.values() for n, s in scene_of_b.items()}
        common = set(seen) & set(seen_by_b)
        check(len(common) > 20, "both were told of some turns")
        for turn in common:
            equal(seen_by_b[turn], seen[turn], f"turn {turn}, as b sees it,")
        equal(b.leave(), HAS_LEFT, "the answer to LEAVE")
        a.states(lambda scene: len(scene) == 1, "b is gone")


def one_is_it():
    """As soon as there are two. Who is it tags whom it comes next to, and is free."""
    with game_server("--board", "8x8", "--rate", "100") as server:
        a, b = server.player("a"), server.player("b")
        scene = a.states(lambda scene: len(scene) == 2, "both are there")
        equal(sorted(sight.role for sight in scene.values()), [0, 1], "their roles")
        it, free = (a, b) if scene[a.number].role else (b, a)

        def chase(scene):
            sight, prey = scene[it.number], scene[free.number]
            right = (prey.column > sight.column) - (prey.column < sight.column)
            down = (prey.row > sight.row) - (prey.row < sight.row)
            it.heading = ((8, 1, 2), (7, 0, 3), (6, 5, 4))[down + 1][right + 1]
            free.input()
            return prey.role == 1 and sight.role == 0

        it.states(chase, "it has tagged")
        equal((it.head.tags, it.head.tagged), (1, 0), "the score of the tagger")
        free.states(lambda _: free.head.tagged == 1, "the other one has been tagged")


def what_is_late_does_not_count():
    """INPUT counts if its number is ahead of the last one, by 1024 at most; in the circle."""
    with game_server("--rate", "50", "--report", "50ms") as server:
        player = server.player()
        repeated = 0

        def counts(sequence):
            """It comes back with a later STATE."""
            player.input(sequence=sequence)
            player.states(lambda _: player.head.sequence == sequence, f"{sequence} counts",
                          acknowledge=False)

        def does_not(sequence):
            nonlocal repeated
            player.input(sequence=sequence)
            repeated += 1
            server.reported(lambda report: report["repeated"] == repeated, f"{sequence} does not")

        counts(5)
        for sequence in (5, 4, 1, 0, 65535, 5 + 1025, 40000):
            does_not(sequence)
        counts(5 + 1024)
        for sequence in range(2000, 65536, 1000):
            counts(sequence)
        counts(65535)
        counts(3)
        does_not(65535)
        equal(player.head.sequence, 3, "the last one that has counted")


def changes_are_small():
    """A STATE builds on the last turn that was acknowledged, else on nothing."""
    with game_server("--rate", "20", *NO_LIMITS) as server:
        players = [server.player(f"player-{n:07}") for n in range(30)]
        player = players[0]
        for other in players[1:]:
            other.input()
        for turn in range(10):
            for other in players:
                other.input()
            player.state(acknowledge=False)
            equal(player.head.base, 0, "the base, as nothing was acknowledged")
        check(player.size > 20 * 28, f"{player.size} bytes are all names")
        player.input(acknowledged=0xffffffff)  # has not been
        player.input(acknowledged=player.head.turn + 40)
        player.state(acknowledge=False)
        equal(player.head.base, 0, "the base, as what was acknowledged has not been")
        player.states(lambda _: player.head.base != 0, "changes")
        player.states(lambda _: player.size < 31 + 15, "few bytes where nobody moves")


def who_is_silent_is_removed():
    with game_server("--idle-timeout", "1s", "--report", "200ms") as server:
        player, other = server.player("silent"), server.player("other")
        other.states(lambda scene: len(scene) == 2, "both are there")
        other.states(lambda scene: len(scene) == 1, "one is removed")
        player.forget()
        player.input()
        equal(player.gone(player.receive(GONE)), UNKNOWN, "what it is told")
        coming = Player(server.socket())
        coming.join()
        server.reported(lambda report: report["seats"] == 2, "a seat for who is to come")
        other_seats = lambda report: report["seats"] == 1
        end = time.monotonic() + PATIENCE
        while not other_seats(server.report()):
            other.input()
            check(time.monotonic() < end, "who has not come loses its seat")


def nobody_steers_another():
    """Without its token, or from another address."""
    with game_server("--rate", "50") as server:
        player = server.player()
        player.state()
        thief = Player(server.socket())
        thief.number, thief.token = player.number, player.token
        thief.input(RIGHT)
        equal(thief.gone(thief.receive(GONE)), UNKNOWN, "what the thief is told")
        thief.token ^= 1
        thief.input(RIGHT)
        equal(thief.gone(thief.receive(GONE)), UNKNOWN, "what the guesser is told")
        before = player.cell(player.state())
        for _ in range(5):
            equal(player.cell(player.state()), before, "where the player stands")


# ---- the server ----------------------------------------------------------------------------------


def several_addresses():
    """Answers come from the address that was asked."""
    with game_server("--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0",
                     "--listen", "[::1]:0") as server:
        server.program.wait(lambda: len(server.program.lines) == 2, "listen on three addresses")
        ports = [server.address[1]] + [int(line.rpartition(":")[2]) for line in server.program.lines]
        players = [server.player(address=(host, port)) for host, port in
                   (("127.0.0.1", ports[0]), ("127.0.0.7", ports[1]), ("::1", ports[2]))]
        for player in players:
            player.states(lambda scene: len(scene) == 3, "all see each other")


def the_stop():
    """Everybody is told."""
    with game_server() as server:
        players = [server.player() for _ in range(5)]
        players[0].states(lambda scene: len(scene) == 5, "all are there")
        server.program.process.send_signal(signal.SIGTERM)
        for player in players:
            equal(player.gone(player.receive(GONE)), STOPPED, "what a player is told")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        check("turns, late by" in server.log.read_text(), "the log says how late turns were")


def one_process():
    with game_server("--processes", "2") as server:
        server.program.process.wait(PATIENCE)
        check("without --processes" in server.log.read_text(), "the log says why it stops")


main(
    a_cookie_is_for_one_address, nothing_is_remembered_before, a_join_may_come_twice, names,
    tables_are_bounded, strangers_are_limited, other_versions, everybody_is_told, one_is_it,
    what_is_late_does_not_count, changes_are_small, who_is_silent_is_removed,
    nobody_steers_another, several_addresses, the_stop, one_process,
)

#!/usr/bin/env python3
"""The BitTorrent peer among peers that mean harm: they are dropped, and whoever behaves is served
meanwhile."""

from concurrent.futures import ThreadPoolExecutor

from bittorrent_kit import *

# limit: 240 s

HUGE = 0xFFFFFFFF


@contextmanager
def seed(torrent=None, *options):
    """A seed, with a good peer that is served before and after."""
    torrent = torrent or make_torrent(200_000)
    with bittorrent(torrent, "--seed", *MANY, *options, have=True) as server:
        server.wait_for("verified")
        with server.peer(torrent) as good:
            serves(good)
            before = server.descriptors()
            yield server, torrent
            serves(good)
        until(lambda: server.descriptors() <= before, "what belonged to those gone is given back")


def dropped(server, torrent, *messages, **more):
    """Each of these ends the connection of whoever sends it."""
    for message in messages:
        with server.peer(torrent, **more) as peer:
            peer.send("interested")
            peer.until("unchoke")
            try:
                peer.raw(message)
            except OSError:
                pass
            check(peer.closed(), f"who sends {message[:40]} is dropped")


def message(name, payload=b""):
    body = bytes([NUMBERS[name]]) + payload
    return struct.pack(">I", len(body)) + body


def numbers(*values):
    return struct.pack(f">{len(values)}I", *values)


# ---- messages ------------------------------------------------------------------------------------


def introductions():
    """Whatever comes instead of a handshake: the connection ends, at once where that can be known."""
    with seed() as (server, torrent):
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x13BitTorrent protocoL", b"\0" * 68, b"\x13bit"):
            with server.peer(torrent, hello=False) as peer:
                peer.raw(data)
                check(peer.closed(), f"{data} is no handshake")
        with server.peer(torrent, hello=False) as peer:
            peer.introduce(b"x" * 20)
            check(peer.closed(), "another torrent is not served")
        with server.peer(torrent) as peer:
            with server.peer(torrent, hello=False, id=peer.id) as twin:
                twin.introduce()
                check(twin.closed(), "a second connection of the same peer is closed")
            with server.peer(torrent, hello=False, id=peer.handshake[48:]) as self:
                self.introduce()
                check(self.closed(), "nobody talks to himself")


def sizes():
    """Messages that are longer than any, or not what their kind is."""
    with seed() as (server, torrent):
        dropped(
            server, torrent, numbers(HUGE), numbers(0x80000000) + b"\7" * 100,
            numbers((256 << 10) + 65), numbers(2) + b"\0x", numbers(1) + b"\4",
            numbers(6) + b"\4abcde", numbers(1) + b"\6", numbers(12) + b"\6" + 11 * b"a",
            numbers(14) + b"\6" + 13 * b"a", numbers(8) + b"\7" + 7 * b"a", numbers(1) + b"\x14",
            numbers(2) + b"\x0e\0", numbers(4) + b"\x11abc",
        )  # fmt: skip


def indexes():
    """Pieces that there are not, offsets and lengths beyond the end, also by overflow."""
    with seed() as (server, torrent):
        last, size = torrent.count - 1, len(torrent.part(torrent.count - 1))
        dropped(
            server, torrent, *(message("have", numbers(n)) for n in (torrent.count, HUGE)),
            *(message("request", numbers(*n)) for n in (
                (torrent.count, 0, 1), (HUGE, 0, 1), (0, torrent.piece, 1), (0, HUGE, 1),
                (0, HUGE, HUGE), (0, 1, HUGE), (0, 0, 0), (0, 0, (128 << 10) + 1),
                (last, 0, size + 1), (last, size, 1), (0, HUGE - BLOCK + 2, BLOCK),
            )),
            *(message("suggest", numbers(n)) for n in (torrent.count, HUGE)),
            message("allowed fast", numbers(torrent.count)),
        )  # fmt: skip


def bitfields():
    with seed() as (server, torrent):
        size = -(-torrent.count // 8)
        spare = bytes([0] * (size - 1) + [1])
        check(torrent.count % 8, "there are spare bits")
        dropped(
            server, torrent, message("bitfield", spare), message("bitfield", bytes(size + 1)),
            message("bitfield", bytes(size - 1)), message("bitfield", bytes(250 << 10)),
        )  # fmt: skip
        dropped(server, torrent, message("have all"), message("have none"), message("reject", bytes(12)),
                message("suggest", bytes(4)), message("allowed fast", bytes(4)), fast=False)  # fmt: skip


def extensions():
    """Malformed, deep, or not what was asked for."""
    with seed() as (server, torrent):
        def extended(number, data):
            return message("extended", bytes([number]) + data)

        dropped(
            server, torrent, extended(0, b""), extended(0, b"i1e"), extended(0, b"d"),
            extended(0, b"l" * 100_000), extended(0, b"d1:m" * 10_000),
            extended(1, b"d8:msg_typei0ee"), extended(1, b"d8:msg_typei-1e5:piecei0ee"),
            extended(1, b"d8:msg_typei0e5:piecei-1ee"), extended(1, b"d8:msg_typei0e5:piecei4294967296ee"),
            extended(1, b"nonsense"), extended(2, b"5:added"), extended(2, b"le"),
        )  # fmt: skip
        with server.peer(torrent) as peer:  # odd, and harmless
            peer.extend(0, {"m": {"ut_metadata": -5, "ut_pex": 1 << 62}, "metadata_size": -1, "p": 70000})
            peer.extend(0, {"m": {"ut_metadata": 3}, "reqq": -9, "v": "\0\n\x1b" * 100})
            peer.extend(1, {"msg_type": 0, "piece": 4_000_000_000})
            peer.extend(1, {"msg_type": 9, "piece": 0})
            peer.extend(1, {"msg_type": 1, "piece": 0}, b"what nobody asked for")
            peer.extend(2, {"added": b"\0" * 7, "added6": b"1" * 5000, "dropped": b"\xff" * 1000})
            peer.extend(77, {})
            serves(peer)


# ---- floods --------------------------------------------------------------------------------------


def flood(server, torrent, data, times, **more):
    """Sends as long as it is let; it has to be dropped."""
    with server.peer(torrent, **more) as peer:
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(peer.closed)
            try:
                for _ in range(times):
                    peer.raw(data)
            except OSError:
                pass
            check(reading.result(PATIENCE), f"a flood of {data[:9]} is stopped")


def floods():
    with seed() as (server, torrent):
        request = message("request", numbers(0, 0, BLOCK))
        for data in (
            request, message("have", numbers(0)), message("not interested"), message("unchoke"),
            message("cancel", numbers(0, 0, BLOCK)), message("piece", numbers(0, 0) + bytes(100)),
            message("reject", numbers(0, 0, BLOCK)), numbers(0), message("suggest", numbers(0)),
            message("extended", b"\2d5:added0:e"), message("extended", b"\0d1:mdee"),
            numbers(1) + b"\x63",
        ):  # fmt: skip
            flood(server, torrent, data * 1000, 100)


def never_reads():
    """It asks and asks, and takes nothing: it gets what fits into the buffers of the kernel, and no
    memory of the server."""
    torrent = make_torrent(4_000_000)
    with seed(torrent, "--slots", "100") as (server, torrent):
        before = server.memory()
        greedy = [server.peer(torrent) for _ in range(20)]
        for peer in greedy:
            peer.send("interested")
        for peer in greedy:
            peer.until("unchoke")
            for piece in range(torrent.count - 1):
                for begin in (0, BLOCK):
                    peer.request(piece, begin)
        with server.peer(torrent) as good:
            check(good.pieces(), "another is greeted meanwhile")
        grown = server.memory() - before
        check(SANITIZED or grown < 8 << 20, f"{grown} bytes for those who do not read")
        for peer in greedy:
            peer.close()


def requests_while_choked():
    """Are rejected, where there is a word for it, and never answered."""
    with bittorrent(torrent := make_torrent(600_000), "--seed", "--slots", "1", have=True) as server:
        server.wait_for("verified")
        with server.peer(torrent) as first, server.peer(torrent) as second:
            serves(first)
            allowed = set()
            second.pieces()
            second.send("interested")
            for _ in range(11):
                name, payload = second.next()
                if name == "allowed fast":
                    allowed.add(struct.unpack(">I", payload)[0])
            equal(len(allowed), 10, "pieces that are allowed fast")
            other = next(i for i in range(torrent.count - 1) if i not in allowed)
            second.request(other)
            equal(second.until("piece", "reject"), ("reject", numbers(other, 0, BLOCK)), "the answer")
            fast = min(allowed)
            equal(second.block(fast, 0, 100), torrent.part(fast)[:100], "a block that is allowed")


# ---- what is downloaded --------------------------------------------------------------------------


def liars():
    """Wrong data is not written, is fetched again from others, and who sent it is not heard again."""
    torrent = make_torrent(400_000)
    with leech(torrent, "--exit-when-done") as server:
        liar = Peer(connect_from("127.0.0.9", server), torrent)
        attend(liar, wrong=set(range(torrent.count))).join(PATIENCE)
        with Peer(connect_from("127.0.0.9", server), torrent, hello=False) as again:
            check(again.closed(), "who has lied is banned")
        check(not any(torrent.part(i) in open(Path(server.folder, torrent.name), "rb").read()
                      for i in range(torrent.count)), "nothing of it counts")  # fmt: skip
        with server.peer(torrent) as good:
            attend(good)
            equal(server.status(), 0, "the exit status")
        check(torrent.is_in(server.folder), "all of it is right")
        liar.close()


def connect_from(address, server):
    return socket.create_connection(server.address, PATIENCE, (address, 0))


def unasked():
    """Blocks that nobody asked for, of wrong sizes, or that come again, change nothing."""
    torrent = make_torrent(200_000)
    with leech(torrent, "--exit-when-done") as server:
        with server.peer(torrent) as peer:
            peer.send("have all")
            peer.until("interested")
            wrong = b"\xee" * BLOCK
            for piece in range(torrent.count):
                peer.send("piece", numbers(piece, 0) + wrong)
            for piece, begin, data in ((HUGE, 0, wrong), (0, HUGE, wrong), (0, 1, wrong), (0, 0, b"")):
                peer.send("piece", numbers(piece, begin) + data)
            peer.serve(on_request=lambda piece, begin: peer.send(
                "piece", numbers(piece, begin) + b"short") or True)
            equal(server.status(), 0, "the exit status")
        check(torrent.is_in(server.folder), "all of it is right")


def owing():
    """Peers that promise and do not deliver, reject, or choke at every turn hold nobody up."""
    torrent = make_torrent(400_000)
    with leech(torrent, "--exit-when-done") as server:
        silent, rejecting, choking = (server.peer(torrent) for _ in range(3))
        for peer in (silent, rejecting, choking):
            peer.send("have all")
            peer.send("unchoke")
        silent.until("request")

        def reject():
            try:
                while True:
                    rejecting.send("reject", rejecting.until("request"))
            except (EOFError, OSError):
                pass

        def choke():
            try:
                for _ in range(200):
                    choking.until("request")
                    choking.send("choke")
                    choking.send("unchoke")
            except (EOFError, OSError):
                pass

        for action in (reject, choke):
            threading.Thread(target=action, daemon=True).start()
        with server.peer(torrent) as good:
            attend(good)
            equal(server.status(), 0, "the exit status")
        check(torrent.is_in(server.folder), "all of it is right")


def false_metadata():
    """Of a magnet link: a wrong size, wrong bytes, silence. One right copy is enough."""
    torrent = Torrent(chance.randbytes(400_000), piece=512)
    with bittorrent(torrent, *MANY, "--exit-when-done", magnet=torrent.magnet()) as server:
        liars = []
        for number, size in enumerate((1, len(torrent.info_bytes), 40 << 20, 1 << 62)):
            liar = Peer(connect_from(f"127.0.0.{number + 20}", server), torrent)
            liar.extend(0, {"m": {"ut_metadata": 3}, "metadata_size": size})
            liars.append(liar)
        wrong = liars[1]
        for piece in range(-(-len(torrent.info_bytes) // BLOCK)):
            data = wrong.until("extended")
            while data[0] != 3:
                data = wrong.until("extended")
            asked, _ = decode(data[1:])
            size = min(BLOCK, len(torrent.info_bytes) - asked["piece"] * BLOCK)
            wrong.extend(1, {"msg_type": 1, "piece": asked["piece"], "total_size": 1}, bytes(size))
        check(wrong.closed(), "who sends wrong metadata is dropped")
        with bittorrent(torrent, "--seed", "--peer", address_text(server.address), have=True):
            equal(server.status(), 0, "the exit status")
        check(torrent.is_in(server.folder), "all of it is there")
        for liar in liars:
            liar.close()


main(
    introductions, sizes, indexes, bitfields, extensions, floods, never_reads,
    requests_while_choked, liars, unasked, owing, false_metadata,
)

#!/usr/bin/env python3
"""How the BitTorrent peer treats others: limits, tit for tat, the end game, pipelines, many peers at
once, what is said on a terminal, and the stop."""

import fcntl
import pty
import re
import resource
import signal
import tempfile
import termios
import time

from bittorrent_kit import *

# check: event pool
# limit: 180 s


# ---- limits --------------------------------------------------------------------------------------


def upload_limit():
    """A quarter of a second's worth may come at once, then no more than the limit."""
    torrent = make_torrent(1_000_000)
    with bittorrent(torrent, "--seed", "--up", "200000", have=True) as seed:
        options = ("--peer", address_text(seed.address), "--exit-when-done")
        began = time.monotonic()
        with bittorrent(torrent, *options) as leech:
            equal(leech.status(), 0, "the exit status")
            took = time.monotonic() - began
            check(torrent.is_in(leech.folder), "all of it is there")
        check(took > 3.5, f"{took} s for five seconds' worth")


def download_limit():
    torrent = make_torrent(1_000_000)
    with bittorrent(torrent, "--seed", have=True) as seed:
        options = ("--peer", address_text(seed.address), "--exit-when-done", "--down", "200000")
        began = time.monotonic()
        with bittorrent(torrent, *options) as leech:
            equal(leech.status(), 0, "the exit status")
            took = time.monotonic() - began
            check(torrent.is_in(leech.folder), "all of it is there")
        check(took > 3.5, f"{took} s for five seconds' worth")


# ---- who is given to -----------------------------------------------------------------------------


def tit_for_tat():
    """With two places, he who gives has one; the other one goes round."""
    torrent = make_torrent(4_000_000)
    half = set(range(torrent.count // 2))
    with tempfile.TemporaryDirectory() as folder:
        content = bytearray(torrent.data)
        content[len(half) * torrent.piece :] = bytes(len(content) - len(half) * torrent.piece)
        Path(folder, torrent.name).write_bytes(content)
        with bittorrent(torrent, *MANY, "--slots", "2", "--down", "100000", folder=folder) as server:
            server.wait_for("verified")
            takers = [server.peer(torrent) for _ in range(4)]
            for peer in takers:
                peer.send("have none")
                peer.send("interested")
            giver = server.peer(torrent)
            giver.send("have all")
            giver.send("interested")
            thread = threading.Thread(target=giver.serve, daemon=True)
            thread.start()
            until(lambda: "unchoke" in giver.seen, "who gives is unchoked")
            for peer in [*takers, giver]:
                peer.close()


def rarest_first():
    """Of three pieces, the one that a single peer has is asked for first."""
    torrent = make_torrent(3 * BLOCK, piece=BLOCK)
    for rare in range(3):
        with bittorrent(torrent, *MANY) as server:
            server.wait_for("verified")
            others = [server.peer(torrent) for _ in range(3)]
            for peer in others:
                for piece in {0, 1, 2} - {rare}:
                    peer.send("have", struct.pack(">I", piece))
            other = others[-1]
            other.send("interested")
            other.until("unchoke")  # what was said before has been heard
            with server.peer(torrent) as peer:
                peer.send("have all")
                peer.send("unchoke")
                equal(struct.unpack(">III", peer.until("request")), (rare, 0, BLOCK), "the first request")
            for peer in others:
                peer.close()


def end_game():
    """The last block is asked for of both, and cancelled where it comes second."""
    torrent = make_torrent(BLOCK, piece=BLOCK)
    with bittorrent(torrent, *MANY) as server:
        with server.peer(torrent) as slow, server.peer(torrent) as fast:
            for peer in (slow, fast):
                peer.send("have all")
                peer.send("unchoke")
                equal(struct.unpack(">III", peer.until("request")), (0, 0, BLOCK), "the request")
            fast.send("piece", struct.pack(">II", 0, 0) + torrent.data)
            equal(struct.unpack(">III", slow.until("cancel")), (0, 0, BLOCK), "what is cancelled")
        server.wait_for("complete")
        check(torrent.is_in(server.folder), "it is there")


def pipelines():
    """Many requests are under way at a time, and no more than the peer says to take."""
    torrent = make_torrent(4_000_000)
    with bittorrent(torrent) as server:
        with server.peer(torrent) as peer:
            peer.send("have all")
            peer.extend(0, {"m": {}, "reqq": 30})
            peer.send("unchoke")
            asked = [struct.unpack(">III", peer.until("request")) for _ in range(16)]
            for piece, begin, length in asked:
                data = torrent.part(piece)[begin : begin + length]
                peer.send("piece", struct.pack(">II", piece, begin) + data)
            for _ in range(30):
                peer.until("request")
            peer.send("interested")
            equal(peer.until("unchoke", "request")[0], "unchoke", "what comes after 30 requests")


def interest():
    """It is interested while there is something to be had, and says so."""
    torrent = make_torrent(2 * BLOCK, piece=BLOCK)
    with bittorrent(torrent) as server:
        server.wait_for("verified")
        with server.peer(torrent) as peer:
            equal(peer.pieces(), set(), "what it has")
            peer.send("have", struct.pack(">I", 1))
            peer.until("interested")
            peer.send("unchoke")
            piece, begin, length = struct.unpack(">III", peer.until("request"))
            peer.send("piece", struct.pack(">II", piece, begin) + torrent.part(1))
            said = {peer.until("have", "not interested")[0] for _ in range(2)}
            equal(said, {"have", "not interested"}, "what it says when it has it")


def many_peers():
    """500 at once: each is greeted and gets what it asks for."""
    count = 100 if SANITIZED or QUIET else 500
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    torrent = make_torrent(100_000)
    options = ("--seed", "--slots", "1000", "--max-peers", "1000", *MANY)
    with bittorrent(torrent, *options, have=True) as server:
        server.wait_for("verified")
        before = server.descriptors()
        peers = [server.peer(torrent) for _ in range(count)]
        for peer in peers:
            peer.send("interested")
        for peer in peers:
            peer.until("unchoke")
        for number, peer in enumerate(peers):
            peer.request(number % 3)
        for number, peer in enumerate(peers):
            equal(peer.until("piece")[8:], torrent.part(number % 3)[:BLOCK], "a block")
        until(lambda: server.progress()["peers"] == count, "all are counted")
        for peer in peers:
            peer.close()
        until(lambda: server.descriptors() <= before, "what was theirs is given back")


# ---- a terminal, and the stop --------------------------------------------------------------------


def terminal():
    """There one line is written over, with all that one wants to know."""
    torrent = make_torrent()
    with tempfile.TemporaryDirectory() as scratch, bittorrent(torrent, "--seed", have=True) as seed:
        file = torrent.write(f"{scratch}/t")
        pid, end = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 120, 0, 0))
            os.execv(program_name("bittorrent"), [
                program_name("bittorrent"), *QUIET, "--listen", f"{HOST}:0", "--dir", scratch, "--down", "100000",
                "--peer", address_text(seed.address), "--exit-when-done", file])  # fmt: skip
        text = b""
        while True:
            try:
                piece = os.read(end, 65536)
            except OSError:
                piece = b""
            if not piece:
                break
            text += piece
        equal(os.waitpid(pid, 0)[1], 0, "the exit status")
        os.close(end)
        check(re.search(rb"\rdownloading \d+% of 293 KiB, 0:00:\d\d left, down [\d.]+ Ki?B/s, up 0 B/s, "
                        rb"\d/10 pieces, 1 peers", text), f"progress is shown: {text}")  # fmt: skip
        check(b"complete: data" in text, "the end is said")
        check(b"{" not in text, "there is no JSON on a terminal")


def stop_in_the_middle():
    """What has been begun is sent to its end; the tracker is told; the exit status is 0."""
    torrent = make_torrent(20_000_000, piece=1 << 20)
    with Tracker() as tracker:
        torrent.trackers = [tracker.url]
        with bittorrent(torrent, "--seed", have=True) as server:
            until(lambda: tracker.peers, "it has announced itself")
            with server.peer(torrent) as peer:
                peer.send("interested")
                peer.until("unchoke")
                for block in range(60):
                    for piece in range(7):
                        peer.request(piece, block * BLOCK)
                name, payload = peer.next()
                server.program.process.send_signal(signal.SIGTERM)
                whole = True
                try:
                    while True:
                        name, payload = peer.next()
                        whole = name != "piece" or len(payload) == 8 + BLOCK
                except (EOFError, ConnectionError):
                    pass
                rest = peer.file.read()
                check(whole and rest == b"", "the last block is whole")
            equal(server.status(), 0, "the exit status")
        equal(tracker.events(), ["started", "stopped"], "what the tracker was told")


def stop_while_verifying():
    torrent = Torrent(bytes(1) * 300_000_000, piece=1 << 20)
    with bittorrent(torrent, "--seed", have=True) as server:
        server.program.process.send_signal(signal.SIGTERM)
        equal(server.status(), 0, "the exit status")


main(
    upload_limit, download_limit, tit_for_tat, rarest_first, end_game, pipelines, interest,
    many_peers, terminal, stop_in_the_middle, stop_while_verifying,
)

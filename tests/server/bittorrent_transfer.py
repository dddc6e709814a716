#!/usr/bin/env python3
"""The BitTorrent peer: what is made, downloaded, verified, resumed and seeded is right to the byte,
through every way to find a peer."""

import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

from bittorrent_kit import *

# limit: 120 s


def several_files():
    return Torrent(
        {
            "a": chance.randbytes(100_000),
            "empty": b"",
            "dir/sub/b": chance.randbytes(77),
            "dir/zeros": bytes(200_000),
            "dir/also empty": b"",
            "last": chance.randbytes(70_001),
        },
        name="some files",
    )


def run(*words):
    command = [str(word) for word in [program_name("bittorrent"), *QUIET, *words]]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


# ---- torrents are made ---------------------------------------------------------------------------


def created():
    """What --create makes is the torrent that the files have."""
    for torrent in (make_torrent(piece=16384), several_files()):
        with tempfile.TemporaryDirectory() as scratch:
            torrent.store(scratch)
            result = run(
                "--create", f"{scratch}/{torrent.name}", "--tracker", "http://a/b", "--tracker",
                "udp://c:1", "-o", f"{scratch}/out", "--piece-length", torrent.piece,
            )  # fmt: skip
            equal(result.returncode, 0, "the exit status of --create")
            made, _ = decode(open(f"{scratch}/out", "rb").read())
            equal(made["announce-list"], [[b"http://a/b"], [b"udp://c:1"]], "the trackers")
            equal(made["info"]["pieces"], Torrent(dict(sorted(torrent.files.items()))
                  if None not in torrent.files else torrent.data, piece=torrent.piece)
                  .info["pieces"], "the hashes")  # fmt: skip
            check('"created"' in result.stdout, "it is said that it was made")
    result = run("--create", "/nowhere/at/all", "-o", "/tmp/x")
    equal(result.returncode, 1, "the exit status without a file")
    check("/nowhere/at/all: No such file" in result.stderr, "what is missing is said")
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "file").write_bytes(b"x")
        result = run("--create", f"{scratch}/file", "-o", f"{scratch}/none/x")
        equal(result.returncode, 1, "the exit status without a place for the torrent")
        equal(os.listdir(scratch), ["file"], "what is left behind")


# ---- between two of ours -------------------------------------------------------------------------


def transfer(torrent, *options, **more):
    with bittorrent(torrent, "--seed", have=True) as seed:
        options = ("--peer", address_text(seed.address), "--exit-when-done", *options)
        with bittorrent(torrent, *options, **more) as leech:
            equal(leech.status(), 0, "the exit status")
            check(leech.happened("complete"), "that it is complete is said")
            check(torrent.is_in(leech.folder), "all of it is there")


def downloaded():
    for torrent in (make_torrent(), make_torrent(1), make_torrent(16384, piece=16384),
                    make_torrent(3_000_000, piece=100_000), several_files()):  # fmt: skip
        transfer(torrent)


def downloaded_by_magnet():
    """Also where the info dictionary takes several messages."""
    for torrent in (several_files(), Torrent(chance.randbytes(1_000_000), piece=500)):
        transfer(torrent, magnet=torrent.magnet("dn=x"))


def nothing_to_download():
    """A torrent of empty files is complete once they are there."""
    torrent = Torrent({"a": b"", "b/c": b""}, name="void")
    with bittorrent(torrent, "--exit-when-done") as server:
        equal(server.status(), 0, "the exit status")
        check(torrent.is_in(server.folder), "the files are there")


def ipv6():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return
    torrent = make_torrent()
    with bittorrent(torrent, "--seed", have=True, listen="[::1]:0") as seed:
        options = ("--peer", address_text(seed.address), "--exit-when-done")
        with bittorrent(torrent, *options, listen="[::1]:0") as leech:
            equal(leech.status(), 0, "the exit status")
            check(torrent.is_in(leech.folder), "all of it came over IPv6")


# ---- trackers, and peers that know peers ---------------------------------------------------------


def found_by_tracker():
    """One that does not answer, one that refuses, and one that works (BEP 12)."""
    with Tracker() as tracker, Tracker() as refusing:
        refusing.failure = "not here"
        dead = f"http://{HOST}:1/announce"
        torrent = make_torrent(trackers=[dead, refusing.url, tracker.url])
        with bittorrent(torrent, "--seed", have=True) as seed:
            until(lambda: (HOST, seed.address[1]) in tracker.peers, "the seed has announced itself")
            with bittorrent(torrent, "--exit-when-done") as leech:
                equal(leech.status(), 0, "the exit status")
                check(torrent.is_in(leech.folder), "all of it is there")
        events = tracker.events()
        equal(events.count("started"), 2, "how many have started")
        equal(events.count("completed"), 1, "how many have completed it")
        equal(events.count("stopped"), 2, "how many have stopped")
        last = [said for said in tracker.said if said.get("event") == b"stopped"][0]
        equal(int(last["downloaded"]), len(torrent.data), "what the leech says to have downloaded")
        check(refusing.said, "the tracker before was asked too")


def found_by_udp_tracker():
    """The first packet is lost. limit: 15 s pass until it is sent again (BEP 15)."""
    torrent = make_torrent()
    with bittorrent(torrent, "--seed", have=True) as seed:
        with UdpTracker([seed.address]) as tracker:
            options = ("--tracker", tracker.url, "--exit-when-done")
            with bittorrent(torrent, *options, magnet=torrent.magnet()) as leech:
                equal(leech.status(), 0, "the exit status")
                check(torrent.is_in(leech.folder), "all of it is there")
            events = [struct.unpack(">I", packet[80:84])[0] for packet in tracker.said]
            equal(events, [2, 1, 3], "what it has announced")
            check(tracker.said[0].endswith(b"/announce?key=1"), "the path goes with it (BEP 41)")


def found_by_peer_exchange():
    """A peer tells of another (BEP 11), in a message that we see as well."""
    torrent = make_torrent()
    with bittorrent(torrent, "--seed", have=True) as seed:
        with bittorrent(torrent, "--exit-when-done") as leech:
            with leech.peer(torrent) as gossip:
                packed = socket.inet_aton(HOST) + struct.pack(">H", seed.address[1])
                gossip.extend(0, {"m": {"ut_pex": 7}})
                gossip.extend(2, {"added": packed, "added.f": b"\2"})
                equal(leech.status(), 0, "the exit status")
            check(torrent.is_in(leech.folder), "all of it is there")


def tells_of_peers():
    torrent = make_torrent()
    with bittorrent(torrent, "--seed", have=True) as seed:
        with seed.peer(torrent) as one, seed.peer(torrent) as other:
            one.extend(0, {"m": {"ut_pex": 9}, "p": 4711})
            other.extend(0, {"m": {"ut_pex": 9}, "p": 4712})
            while True:
                payload = other.until("extended")
                if payload[0] == 9:
                    break
            said, _ = decode(payload[1:])
            equal(said["added"], socket.inet_aton(HOST) + struct.pack(">H", 4711), "who is added")


# ---- resuming ------------------------------------------------------------------------------------


def resumed():
    """What is on the disk is verified, whatever it is, and only the rest is fetched."""
    torrent = make_torrent(2_000_000)
    spoilt = bytearray(torrent.data)
    spoilt[100_000] ^= 1  # piece 3
    spoilt[torrent.piece * 10 : torrent.piece * 20] = bytes(torrent.piece * 10)
    with bittorrent(torrent, "--seed", have=True) as seed, tempfile.TemporaryDirectory() as folder:
        Path(folder, torrent.name).write_bytes(spoilt[:1_900_000])
        options = ("--peer", address_text(seed.address), "--exit-when-done")
        with bittorrent(torrent, *options, folder=folder) as leech:
            equal(leech.status(), 0, "the exit status")
            check(torrent.is_in(folder), "all of it is there")
            missing = 1 + 10 + len(range(1_900_000 // torrent.piece, torrent.count))
            fetched = leech.progress()["downloaded"]
            check((missing - 1) * torrent.piece < fetched <= missing * torrent.piece,
                  f"{fetched} bytes are what was missing")  # fmt: skip


def holes_stay():
    """Files are sparse from the start, and zeros take no room."""
    torrent = Torrent({"zeros": bytes(8 << 20), "data": chance.randbytes(100_000)}, name="x")
    with bittorrent(torrent, "--seed", have=True) as seed:
        options = ("--peer", address_text(seed.address), "--exit-when-done")
        with bittorrent(torrent, *options) as leech:
            equal(leech.status(), 0, "the exit status")
            check(torrent.is_in(leech.folder), "all of it is there")
            used = os.stat(Path(leech.folder, "x/zeros")).st_blocks * 512
            check(used < 1 << 20, f"{used} bytes on the disk for zeros")


def seeds_what_is_there():
    """--seed neither downloads nor writes, and offers what is right."""
    torrent = make_torrent(500_000)
    with tempfile.TemporaryDirectory() as folder:
        torrent.store(folder)
        with open(Path(folder, torrent.name), "r+b") as file:
            file.truncate(400_000)
        with bittorrent(torrent, "--seed", folder=folder) as seed:
            seed.wait_for("verified")
            with seed.peer(torrent) as peer:
                equal(peer.pieces(), set(range(400_000 // torrent.piece)), "what is offered")
            equal(os.path.getsize(Path(folder, torrent.name)), 400_000, "the size of the file")


# ---- a swarm -------------------------------------------------------------------------------------


def swarm():
    """Six leeches that get it from one slow seed spread it among themselves."""
    torrent = make_torrent(1_500_000)
    with Tracker() as tracker:
        torrent.trackers = [tracker.url]
        with bittorrent(torrent, "--seed", "--up", "1M", have=True) as seed:
            leeches = [bittorrent(torrent) for _ in range(6)]
            running = [leech.__enter__() for leech in leeches]
            try:
                for leech in running:
                    leech.wait_for("complete")
                    check(torrent.is_in(leech.folder), "all of it is there")
                until(lambda: sum(leech.progress()["uploaded"] for leech in running) > 0,
                      "they have given to each other")  # fmt: skip
            finally:
                for leech in leeches:
                    leech.__exit__(None, None, None)
            given = seed.progress()["uploaded"]
            check(given < 6 * len(torrent.data), f"the seed gave {given} bytes, not all to all")


main(
    created, downloaded, downloaded_by_magnet, nothing_to_download, ipv6, found_by_tracker,
    found_by_udp_tracker, found_by_peer_exchange, tells_of_peers, resumed, holes_stay,
    seeds_what_is_there, swarm,
)

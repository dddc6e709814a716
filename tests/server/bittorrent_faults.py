#!/usr/bin/env python3
"""The BitTorrent peer and what else goes wrong: torrents and trackers that mean harm, links that lead
elsewhere, a full disk, peers that never say a word."""

import subprocess
import tempfile

from bittorrent_kit import *

# check: event
# limit: 180 s


# ---- torrents, trackers, disks -------------------------------------------------------------------


def hostile_torrents():
    """Are refused, with a word about what is wrong, and write nothing."""
    good = make_torrent(1000)
    bad = {
        "'..'": [
            dict(good.info, name=".."),
            {**Torrent({"../x": b"1"}, name="n").info},
            {**Torrent({"a/../../x": b"1"}, name="n").info},
            dict(good.info, name="/etc/passwd"),
            dict(good.info, name="a\0b"),
        ],
        "same path": [
            dict(Torrent({"a": b"1", "b": b"2"}, name="n").info,
                 files=[{"path": ["a"], "length": 1}, {"path": ["a"], "length": 1}]),
            dict(Torrent({"a": b"1", "b": b"2"}, name="n").info,
                 files=[{"path": ["a"], "length": 1}, {"path": ["a", "b"], "length": 1}]),
        ],
        "negative or huge": [
            dict(Torrent({"a": b"1"}, name="n").info, files=[{"path": ["a"], "length": -1}]),
            dict(Torrent({"a": b"1"}, name="n").info, files=[{"path": ["a"], "length": 1 << 62}]),
        ],
        "piece": [
            {"name": "x", "length": 1000, "piece length": -1, "pieces": bytes(20)},
            {"name": "x", "length": 1000, "piece length": 0, "pieces": bytes(20)},
            {"name": "x", "length": 1000, "piece length": 1 << 40, "pieces": bytes(20)},
            {"name": "x", "length": 1000, "piece length": 16384, "pieces": bytes(19)},
            {"name": "x", "length": 1000, "piece length": 16384, "pieces": bytes(40)},
            {"name": "x", "length": 1000, "piece length": 10, "pieces": bytes(20)},
            {"name": "x", "length": 1000, "piece length": 10},
        ],
    }  # fmt: skip
    files = [(why, encode({"info": info})) for why, list in bad.items() for info in list]
    files += [("not a torrent", data) for data in (b"", b"d", b"le", b"l" * 100_000, os.urandom(1000))]
    files.append(("no info dictionary", b"de"))
    for why, data in files:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "files")
            folder.mkdir()
            Path(scratch, "t").write_bytes(data)
            result = subprocess.run(
                [program_name("bittorrent"), *QUIET, "--listen", f"{HOST}:0", "--dir", folder, f"{scratch}/t"],
                capture_output=True, text=True, timeout=PATIENCE,
            )  # fmt: skip
            equal(result.returncode, 1, f"the exit status for {data[:200]}")
            check(why in result.stderr, f"'{why}' is said of {data[:200]}: {result.stderr}")
            equal(os.listdir(folder), [], "what it has written")


def links_lead_nowhere():
    """Nothing outside the folder is opened by way of links in it."""
    torrent = Torrent({"dir/file": chance.randbytes(1000)}, name="n")
    with tempfile.TemporaryDirectory() as scratch:
        outside, folder = Path(scratch, "outside"), Path(scratch, "folder")
        outside.mkdir()
        (folder / "n").mkdir(parents=True)
        (folder / "n/dir").symlink_to(outside)
        torrent.write(f"{scratch}/t")
        result = subprocess.run(
            [program_name("bittorrent"), *QUIET, "--listen", f"{HOST}:0", "--dir", folder, f"{scratch}/t"],
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        equal(result.returncode, 1, "the exit status")
        check("n/dir/file" in result.stderr, "what could not be opened is said")
        equal(os.listdir(outside), [], "what is outside")


def hostile_trackers():
    """Nonsense, endless answers, peers that are none: the next tracker is asked, nobody is harmed."""
    useless = [
        b"", b"d", b"i1e", b"l" * 100_000, b"9" * 1_000_000,
        encode({"failure reason": "\0\n\x1b[31m" * 1000}),
    ]  # fmt: skip
    odd = [
        b"d5:peersi1ee", b"d5:peers5:abcdee",
        encode({"interval": -1, "peers": b"\0" * 600, "peers6": b"\xff" * 180}),
        encode({"interval": 1 << 62, "peers": [{"ip": "x" * 1000, "port": 1 << 40}, {"ip": b"\0"}]}),
        encode({"interval": 1, "peers": b"\x7f\0\0\1\0\1" * 100_000}),
    ]  # fmt: skip
    for answers in (useless, *([answer] for answer in odd)):
        trackers = [Tracker() for _ in answers]
        for tracker, answer in zip(trackers, answers):
            tracker.answer = lambda path, _, answer=answer, tracker=tracker: (
                tracker.said.append(path) or answer)  # fmt: skip
        torrent = make_torrent(100_000, trackers=[tracker.url for tracker in trackers])
        with bittorrent(torrent) as server:
            until(lambda: all(tracker.said for tracker in trackers), "all trackers are asked")
            with server.peer(torrent) as good:
                attend(good)
                server.wait_for("complete")
            check("\x1b" not in server.log.read_text(), "what it says does not reach a terminal")
        for tracker in trackers:
            tracker.__exit__()


def full_disk():
    """A file may not become longer than that (RLIMIT_FSIZE stands in for a full disk): an error, a
    pause, nothing lost, and seeding goes on."""
    torrent = make_torrent(400_000)
    with tempfile.TemporaryDirectory() as folder:
        with open(Path(folder, torrent.name), "wb") as file:
            file.write(torrent.data[:200_000])
            file.truncate(400_000)
        with leech(torrent, folder=folder, shell="trap '' XFSZ; ulimit -f 400") as server:
            with server.peer(torrent) as peer:
                attend(peer)
                until(lambda: "downloading pauses" in server.log.read_text(), "the error is logged")
                with server.peer(torrent) as other:
                    equal(len(other.pieces() & set(range(6))), 6, "pieces that are offered")
                    serves(other)


def many_silent():
    """Connections that say nothing take places, but not all of one address's, and not for ever."""
    torrent = make_torrent(100_000)
    with bittorrent(torrent, "--seed", "--max-per-address", "5", have=True) as server:
        server.wait_for("verified")
        silent = [server.peer(torrent, hello=False) for _ in range(5)]
        until(lambda: server.descriptors() > 10, "they are accepted")
        sixth = server.peer(torrent, hello=False)
        check(sixth.closed(), "one more is not")
        silent[0].close()
        for peer in silent:
            check(peer.closed() if peer is not silent[0] else True, "who is silent is given up")


main(hostile_torrents, links_lead_nowhere, hostile_trackers, full_disk, many_silent)

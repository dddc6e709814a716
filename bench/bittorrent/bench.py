"""Downloading 256 MiB from one fast seed, against libtorrent and aria2

Each gets a torrent, a tracker that knows the seed, and an empty folder, and ends when it has
everything; time counts from its start to its end, and what it leaves is compared. It has one CPU,
the seed and the tracker the other. The seed is ours, on `event`.
"""

import filecmp
import shutil
import sys
from pathlib import Path

from kit import program
from kit.contest import Contest, Figure, at_most
from kit.process import LOAD_CPU, MEASURED_CPU, QUIET, Process, pinned, shown, timed

sys.path.insert(0, str(program.ROOT / "tests" / "server"))
sys.path.insert(0, str(program.ROOT / "tests" / "harness"))

from bittorrent_kit import Tracker  # noqa: E402

MIB = 256
PIECE = 256 << 10
PYTHON = "/usr/bin/python3"  # which has Debian's libtorrent
ARIA2 = ["aria2c", "--no-conf", "--quiet", "--seed-time=0", "--enable-dht=false",
         "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
         "--disable-ipv6=true", "--file-allocation=none", "--listen-port=16881-16999",
         "--interface=127.0.0.1"]


class Contents:
    """The file, its torrent, and an empty folder for whoever downloads it."""

    def __init__(self, tracker):
        self.folder = program.output("bittorrent/seed/data.bin").parent
        self.file = self.folder / "data.bin"
        self.torrent = self.folder.parent / "data.torrent"
        self.target = self.folder.parent / "download"
        if not self.file.exists() or self.file.stat().st_size != MIB << 20:
            with open("/dev/urandom", "rb") as noise, open(self.file, "wb") as file:
                for _ in range(MIB):
                    file.write(noise.read(1 << 20))
        timed([program.build_folder() / "bin/bittorrent-event", "--create", self.file, "--tracker",
               tracker.url, "--piece-length", str(PIECE), "-o", self.torrent, *QUIET])

    def download(self, command):
        """(seconds by the clock, seconds of CPU)."""
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.mkdir()
        usage = timed(command)
        if not filecmp.cmp(self.file, self.target / "data.bin", shallow=False):
            raise RuntimeError(f"{command}: what was downloaded differs")
        shutil.rmtree(self.target)
        return usage.wall, usage.cpu


def run():
    binaries = program.build_folder() / "bin"
    tracker = Tracker()
    contents = Contents(tracker)
    seed = pinned([binaries / "bittorrent-event", contents.torrent, "--dir", contents.folder,
                   "--seed", "--slots", 100, "--listen", "127.0.0.1:0", *QUIET], [LOAD_CPU])
    contest = Contest(Figure("seconds by the clock", "s", 2), Figure("seconds of CPU", "s", 2))
    where = [contents.torrent, contents.target]
    libtorrent = pinned([PYTHON, program.ROOT / "bench/bittorrent/libtorrent_get.py", *where,
                         tracker.url], [MEASURED_CPU])
    entries = [("libtorrent", libtorrent, ()),
               ("aria2", pinned([*ARIA2, "-d", contents.target, contents.torrent], [MEASURED_CPU]), ())]
    for runtime, options in (("event", ["--loops", 1]), ("pool", []), ("thread", [])):
        entries.append((runtime, pinned(
            [binaries / f"bittorrent-{runtime}", contents.torrent, "--dir", contents.target,
             "--exit-when-done", "--listen", "127.0.0.1:0", *options, *QUIET], [MEASURED_CPU]),
            (at_most(1.0), at_most(1.0, aim=True))))
    print("  " + shown(seed))
    with Process(seed) as process:
        tracker.extra = [("127.0.0.1", process.port())]
        for label, command, bars in entries:
            print("  " + shown(command))
            contest.enter(label, lambda command=command: contents.download(command), *bars)
        return contest.run()

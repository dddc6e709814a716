#!/usr/bin/env python3
"""The BitTorrent peer and others that nobody here wrote: aria2, transmission, rtorrent, libtorrent,
ctorrent. Each downloads from it and it from each, one file and several, and all together; what has
arrived is compared byte for byte. Those that are not installed are left out."""

import contextlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from bittorrent_kit import *

# check: event
# limit: 300 s

MANY = ("--max-per-address", "0")


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def own_address():
    """One that is not of 127/8, which transmission refuses to talk to; or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return probe.getsockname()[0]
        except OSError:
            return None


# ---- the others: (folder, torrent file, port) => a command that downloads, and seeds what is there


def aria2(folder, file, port):
    return [
        "aria2c", "--no-conf", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false",
        "--file-allocation=none", "--seed-ratio=0", "--check-integrity=true",
        "--bt-tracker-interval=1", f"--listen-port={port}", f"--dir={folder}", "--summary-interval=0",
        file,
    ]  # fmt: skip


def transmission(folder, file, port):
    config = f"{folder}.config"
    os.makedirs(f"{config}/torrents", exist_ok=True)
    Path(config, "settings.json").write_text(json.dumps({
        "dht-enabled": False, "lpd-enabled": False, "utp-enabled": False, "encryption": 0,
        "port-forwarding-enabled": False, "peer-port": port, "download-dir": folder,
        "rpc-enabled": False,
        "bind-address-ipv4": "0.0.0.0", "preallocation": 0, "incomplete-dir-enabled": False,
    }))  # fmt: skip
    shutil.copy(file, f"{config}/torrents/x.torrent")
    return ["transmission-daemon", "--foreground", "--config-dir", config]


def rtorrent(folder, file, port):
    session = f"{folder}.session"
    os.makedirs(session, exist_ok=True)
    options = [
        f"network.port_range.set={port}-{port}", "network.port_random.set=no", "dht.mode.set=disable",
        "protocol.pex.set=yes", f"directory.default.set={folder}", f"session.path.set={session}",
        "protocol.encryption.set=allow_incoming", "pieces.hash.on_completion.set=yes",
        "trackers.use_udp.set=no", f"load.start={file}",
    ]  # fmt: skip
    words = [word for option in options for word in ("-o", option)]
    # It wants a terminal.
    inner = " ".join(shlex.quote(word) for word in ["rtorrent", "-n", *words])
    return ["script", "-q", "-e", "-c", f"stty cols 80 rows 24; exec {inner}", "/dev/null"]


def libtorrent(folder, file, port):
    program = """
import libtorrent, sys, time
folder, file, port = sys.argv[1:4]
session = libtorrent.session({'listen_interfaces': '0.0.0.0:' + port, 'enable_dht': False,
    'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'allow_multiple_connections_per_ip': True, 'enable_outgoing_utp': False,
    'enable_incoming_utp': False, 'min_announce_interval': 1, 'ssrf_mitigation': False})
given = libtorrent.add_torrent_params()
given.ti, given.save_path = libtorrent.torrent_info(file), folder
session.add_torrent(given)
while True:
    time.sleep(0.2)
"""
    return ["/usr/bin/python3", "-c", program, folder, file, str(port)]


def ctorrent(folder, file, port):
    return ["ctorrent", "-p", str(port), "-e", "72", "-s", folder, file]


def has_libtorrent():
    command = ["/usr/bin/python3", "-c", "import libtorrent"]
    return subprocess.run(command, capture_output=True).returncode == 0


OTHERS = {
    aria2: lambda: shutil.which("aria2c"),
    transmission: lambda: shutil.which("transmission-daemon"),
    rtorrent: lambda: shutil.which("rtorrent") and shutil.which("script"),
    libtorrent: has_libtorrent,
    ctorrent: lambda: shutil.which("ctorrent"),
}


@contextmanager
def other(make, torrent, folder, scratch):
    """Runs it, with a folder that may hold the files. Yields its port."""
    port = free_port()
    name = f"{scratch}/{make.__name__}-{port}"
    file = torrent.write(f"{name}.torrent")
    # ctorrent takes the path of the file, or of the folder that stands for the torrent's name.
    place = str(Path(folder, torrent.name)) if make is ctorrent else str(folder)
    command = make(place, file, port)
    with open(f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            command, cwd=scratch, stdin=subprocess.PIPE, stdout=log, stderr=log,
            env={**os.environ, "TERM": "xterm", "HOME": scratch}, start_new_session=True,
        )  # fmt: skip
        try:
            yield port
        except BaseException:
            sys.stderr.write(f"--- {make.__name__}\n")
            sys.stderr.write(Path(f"{name}.log").read_text(errors="replace")[-3000:])
            raise
        finally:
            process.kill() if make is not rtorrent else os.killpg(process.pid, 9)
            process.wait()


def torrents(tracker):
    yield Torrent(chance.randbytes(1_500_000), name="one", trackers=[tracker.url])
    yield Torrent(
        {
            "a": chance.randbytes(300_000),
            "dir/b": chance.randbytes(33),
            "dir/c": chance.randbytes(700_001),
            "z": chance.randbytes(1),
        },
        name="several",
        trackers=[tracker.url],
    )


class OwnTracker(Tracker):
    """Tells everybody of peers by an address that transmission talks to."""

    def answer(self, path, address):
        return super().answer(path, own_address() or address)


# ---- both ways -----------------------------------------------------------------------------------


def downloads_from_us(make, torrent):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "there")
        folder.mkdir()
        with bittorrent(torrent, "--seed", *MANY, have=True, listen="0.0.0.0:0"):
            with other(make, torrent, folder, scratch):
                until(lambda: torrent.is_in(folder), f"{make.__name__} has downloaded it")


def uploads_to_us(make, torrent):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "there")
        folder.mkdir()
        torrent.store(folder)
        with other(make, torrent, folder, scratch):
            with bittorrent(torrent, "--exit-when-done", *MANY, listen="0.0.0.0:0") as server:
                equal(server.status(), 0, "the exit status")
                check(torrent.is_in(server.folder), f"all of it came from {make.__name__}")


def pair(make):
    with OwnTracker() as tracker:
        for torrent in torrents(tracker):
            for test in (downloads_from_us, uploads_to_us):
                tracker.peers.clear()
                began = time.monotonic()
                test(make, torrent)
                print(f"{test.__name__} {make.__name__} {torrent.name}: "
                      f"{time.monotonic() - began:.1f} s")  # fmt: skip


def complete(make, torrent, folder):
    """Some of them unchoke every half a minute only, so they have two."""
    end = time.monotonic() + 2 * PATIENCE
    while not torrent.is_in(folder):
        check(time.monotonic() < end, f"{make.__name__} has downloaded it")
        time.sleep(0.05)


def mixed(makes):
    """All of them at once, and two of ours, from one seed of ours that is slow."""
    with OwnTracker() as tracker, tempfile.TemporaryDirectory() as scratch:
        for torrent in torrents(tracker):
            tracker.peers.clear()
            folders = []
            with contextlib.ExitStack() as stack:
                options = ("--seed", "--up", "1M", *MANY)
                stack.enter_context(bittorrent(torrent, *options, have=True, listen="0.0.0.0:0"))
                ours = [stack.enter_context(bittorrent(torrent, *MANY, listen="0.0.0.0:0"))
                        for _ in range(2)]  # fmt: skip
                # rtorrent asks once, and then not for minutes: it comes last, when others are known.
                for make in sorted(makes, key=lambda make: make is rtorrent):
                    if make is rtorrent:
                        until(lambda: len(tracker.peers) >= 2 + len(folders), "others are known")
                    folders.append((make, Path(tempfile.mkdtemp(dir=scratch))))
                    stack.enter_context(other(make, torrent, folders[-1][1], scratch))
                for server in ours:
                    server.wait_for("complete")
                    check(torrent.is_in(server.folder), "all of it is right")
                for make, folder in folders:
                    complete(make, torrent, folder)


available = [make for make, present in OTHERS.items() if present()]
# Transmission does everything in steps of seconds: one runtime has to wait for it.
if transmission in available and (own_address() is None or sys.argv[2] != "event"):
    available.remove(transmission)
if not available:
    print("none of aria2, transmission-daemon, rtorrent, python3-libtorrent, ctorrent is installed")
    sys.exit(77)
wanted = [make for make in available if not sys.argv[3:] or make.__name__ in sys.argv[3:]]
with ThreadPoolExecutor(len(wanted) or 1) as pool:  # they mostly wait
    for result in [pool.submit(pair, make) for make in wanted]:
        result.result()
if not sys.argv[3:] or "mixed" in sys.argv[3:]:
    mixed(available)

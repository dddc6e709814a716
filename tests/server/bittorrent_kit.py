"""What the tests of the BitTorrent peer share: torrents, trackers, peers that see every byte, and a
server that runs."""

import hashlib
import json
import os
import random
import socket
import struct
import tempfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote_to_bytes

from server_kit import *

BLOCK = 16384

chance = random.Random(20)


# ---- bencoding -----------------------------------------------------------------------------------


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, (list, tuple)):
        return b"l" + b"".join(map(encode, value)) + b"e"
    items = sorted((k.encode() if isinstance(k, str) else k, v) for k, v in value.items())
    return b"d" + b"".join(encode(k) + encode(v) for k, v in items) + b"e"


def decode(data, at=0):
    """The value at `at`, and where it ends. Keys of dictionaries are text."""
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = decode(data, at)
            items.append(item)
        if kind == b"d":
            return {k.decode("latin1"): v for k, v in zip(items[::2], items[1::2])}, at + 1
        return items, at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end], end


# ---- torrents ------------------------------------------------------------------------------------


class Torrent:
    """One file, or {path: content}, and its torrent."""

    def __init__(self, content, name="data", piece=32768, trackers=(), **info):
        self.name, self.piece = name, piece
        self.files = content if isinstance(content, dict) else {None: content}
        self.data = b"".join(self.files.values())
        self.count = -(-len(self.data) // piece)
        hashes = (hashlib.sha1(self.part(i)).digest() for i in range(self.count))
        self.info = {"name": name, "piece length": piece, "pieces": b"".join(hashes), **info}
        if isinstance(content, dict):
            self.info["files"] = [
                {"path": path.split("/"), "length": len(data)} for path, data in content.items()
            ]
        else:
            self.info["length"] = len(content)
        self.trackers = list(trackers)
        self.info_bytes = encode(self.info)
        self.hash = hashlib.sha1(self.info_bytes).digest()

    def part(self, index):
        return self.data[index * self.piece : (index + 1) * self.piece]

    def write(self, path):
        value = {"info": self.info}
        if self.trackers:
            value["announce"] = self.trackers[0]
            value["announce-list"] = [[url] for url in self.trackers]
        Path(path).write_bytes(encode(value))
        return path

    def magnet(self, *more):
        fields = [f"xt=urn:btih:{self.hash.hex()}", *(f"tr={t}" for t in self.trackers), *more]
        return "magnet:?" + "&".join(fields)

    def store(self, folder):
        """The files, as they are after a download."""
        for path, data in self.files.items():
            file = Path(folder, self.name, *(path or "").split("/")) if path else Path(folder, self.name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return folder

    def is_in(self, folder):
        for path, data in self.files.items():
            file = Path(folder, self.name, path) if path else Path(folder, self.name)
            if not file.is_file() or file.read_bytes() != data:
                return False
        return True


def make_torrent(size=300_000, **more):
    return Torrent(chance.randbytes(size), **more)


# ---- trackers ------------------------------------------------------------------------------------


class Tracker:
    """Over HTTP. It knows who has announced, and what they said."""

    def __init__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                body = outer.answer(self.path, self.client_address[0])
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.peers = {}
        self.said = []
        self.extra = []  # (address, port) that everybody is told of
        self.failure = None
        self.interval = 1
        self.server = ThreadingHTTPServer((HOST, 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # who has asked may be gone
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://{HOST}:{self.server.server_port}/announce"

    def answer(self, path, address):
        fields = {}
        for item in path.partition("?")[2].split("&"):
            name, _, value = item.partition("=")
            fields[name] = unquote_to_bytes(value)
        if "port" not in fields:
            return encode({})  # somebody wants statistics
        self.said.append(fields)
        if self.failure:
            return encode({"failure reason": self.failure})
        me = (address, int(fields["port"]))
        if fields.get("event") == b"stopped":
            self.peers.pop(me, None)
        else:
            self.peers[me] = int(fields["left"])
        others = [peer for peer in [*self.peers, *self.extra] if peer != me]
        return encode(
            {
                "interval": self.interval,
                "min interval": self.interval,
                "complete": sum(left == 0 for left in self.peers.values()),
                "incomplete": sum(left != 0 for left in self.peers.values()),
                "peers": b"".join(socket.inet_aton(a) + struct.pack(">H", p) for a, p in others),
            }
        )

    def events(self):
        return [fields["event"].decode() for fields in self.said if "event" in fields]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class UdpTracker:
    """BEP 15. lose: so many packets are not answered at first."""

    def __init__(self, peers=(), lose=0, family=socket.AF_INET):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((HOST if family == socket.AF_INET else "::1", 0))
        self.peers, self.lose, self.said = list(peers), lose, []
        host = HOST if family == socket.AF_INET else "[::1]"
        self.url = f"udp://{host}:{self.socket.getsockname()[1]}/announce?key=1"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        connection = 0x1122334455667788
        while True:
            try:
                packet, address = self.socket.recvfrom(2048)
            except OSError:
                return
            if self.lose > 0:
                self.lose -= 1
                continue
            magic, action, transaction = struct.unpack(">QII", packet[:16])
            if action == 0:
                answer = struct.pack(">IIQ", 0, transaction, connection)
                if magic != 0x41727101980:
                    continue
            elif magic != connection:
                answer = struct.pack(">II", 3, transaction) + b"no such connection"
            else:
                self.said.append(packet)
                answer = struct.pack(">IIIII", 1, transaction, 1, 0, len(self.peers))
                for host, port in self.peers:
                    answer += socket.inet_aton(host) + struct.pack(">H", port)
            self.socket.sendto(b"\0" * 3, address)  # what answers nothing is passed over
            self.socket.sendto(answer, address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


# ---- the server ----------------------------------------------------------------------------------


class PeerServer(Server):
    """A BitTorrent peer that runs."""

    def __init__(self, program, folder, log):
        super().__init__(program, log)
        self.folder = folder
        host, port = program.address
        self.address = (host.strip("[]"), port)

    def reports(self):
        return [json.loads(line) for line in [*self.program.lines] if line.startswith("{")]

    def progress(self):
        found = [report for report in self.reports() if report["event"] == "progress"]
        return found[-1] if found else None

    def happened(self, event):
        return any(report["event"] == event for report in self.reports())

    def wait_for(self, event):
        until(lambda: self.happened(event) or self.ended(), f"'{event}' is reported")
        check(self.happened(event), f"'{event}' is reported before the end")

    def ended(self):
        """It has, and all that it has said is heard."""
        return self.program.process.poll() is not None and self.program.reader is None

    def status(self):
        until(self.ended, "it ends")
        return self.program.process.returncode

    def peer(self, torrent, **more):
        """A peer that has called it."""
        return Peer(socket.create_connection(self.address, PATIENCE), torrent, **more)


@contextmanager
def bittorrent(torrent, *options, have=False, magnet=None, folder=None, listen=f"{HOST}:0",
               shell=""):  # fmt: skip
    """A server for it. have: its files are there. shell: what a shell does before it becomes it."""
    with tempfile.TemporaryDirectory() as scratch:
        if folder is None:
            folder = Path(scratch, "files")
            folder.mkdir()
        if have:
            torrent.store(folder)
        operand = magnet or torrent.write(Path(scratch, "x.torrent"))
        log = Path(scratch, "log")
        command = [program_name("bittorrent"), *QUIET, "--listen", listen, "--dir", folder]
        command += ["--grace", "20", "--log-level", "debug", *options, operand]
        with logged(command, log, shell) as program:
            yield PeerServer(program, folder, log)


def address_text(address):
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


# ---- a peer --------------------------------------------------------------------------------------

NAMES = {
    0: "choke", 1: "unchoke", 2: "interested", 3: "not interested", 4: "have", 5: "bitfield",
    6: "request", 7: "piece", 8: "cancel", 13: "suggest", 14: "have all", 15: "have none",
    16: "reject", 17: "allowed fast", 20: "extended",
}
NUMBERS = {name: number for number, name in NAMES.items()}


class Peer:
    """A connection that speaks the protocol byte by byte. fast, extended: what it claims to speak.
    hello: whether it introduces itself."""

    def __init__(self, connection, torrent, fast=True, extended=True, hello=True, id=None):
        self.socket, self.torrent = connection, torrent
        self.socket.settimeout(PATIENCE)
        self.file = connection.makefile("rb")
        self.id = id or b"-TS0001-" + os.urandom(12)
        self.reserved = bytes([0, 0, 0, 0, 0, 0x10 if extended else 0, 0, 0x04 if fast else 0])
        self.seen = []
        if hello:
            self.introduce()
            self.handshake = self.exactly(68)
            check(self.handshake[:20] == b"\x13BitTorrent protocol", "it speaks BitTorrent")
            check(self.handshake[28:48] == torrent.hash, "it is about this torrent")

    def introduce(self, hash=None):
        self.raw(b"\x13BitTorrent protocol" + self.reserved + (hash or self.torrent.hash) + self.id)

    def exactly(self, size):
        data = self.file.read(size)
        if len(data) != size:
            raise EOFError
        return data

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, name, payload=b""):
        body = bytes([NUMBERS[name]]) + payload
        self.raw(struct.pack(">I", len(body)) + body)

    def request(self, piece, begin=0, length=BLOCK, name="request"):
        self.send(name, struct.pack(">III", piece, begin, length))

    def extend(self, number, value, data=b""):
        self.send("extended", bytes([number]) + encode(value) + data)

    def next(self):
        """The next message, (name, payload); keep-alives are passed over."""
        while True:
            length = struct.unpack(">I", self.exactly(4))[0]
            check(length < 1 << 20, f"{length} bytes are no message")
            if length > 0:
                body = self.exactly(length)
                self.seen.append(NAMES.get(body[0], body[0]))
                return self.seen[-1], body[1:]

    def until(self, *names):
        """The next message of one of these names."""
        while True:
            name, payload = self.next()
            if name in names:
                return payload if len(names) == 1 else (name, payload)

    def pieces(self):
        """The set of pieces that it says to have first."""
        name, payload = self.next()
        if name == "have all":
            return set(range(self.torrent.count))
        if name == "have none":
            return set()
        check(name == "bitfield", f"{name} comes first")
        return {i for i in range(self.torrent.count) if payload[i // 8] & (0x80 >> i % 8)}

    def block(self, piece, begin=0, length=BLOCK):
        """Asks for one, and waits for it."""
        self.request(piece, begin, length)
        payload = self.until("piece")
        check(struct.unpack(">II", payload[:8]) == (piece, begin), "the block that was asked for")
        return payload[8:]

    def fetch(self, piece):
        """A whole piece."""
        size = len(self.torrent.part(piece))
        return b"".join(
            self.block(piece, at, min(BLOCK, size - at)) for at in range(0, size, BLOCK)
        )

    def serve(self, wrong=(), on_request=None):
        """Gives it what it asks for, until it closes. wrong: pieces that are sent spoilt."""
        self.send("unchoke")
        try:
            while True:
                name, payload = self.next()
                if name != "request":
                    continue
                piece, begin, length = struct.unpack(">III", payload)
                if on_request and not on_request(piece, begin):
                    continue
                data = bytearray(self.torrent.part(piece)[begin : begin + length])
                equal(len(data), length, "the length of a block that it asks for")
                if piece in wrong:
                    data[0] ^= 1
                self.send("piece", struct.pack(">II", piece, begin) + bytes(data))
        except (EOFError, OSError, ValueError):
            pass  # of a file that has been closed

    def closed(self):
        """Reads on, whatever comes, up to the end of the connection."""
        try:
            while self.file.read(65536):
                pass
            return True
        except ConnectionError:
            return True
        except OSError:
            return False

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # a thread that reads goes on
        except OSError:
            pass
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


# ---- for those who mean harm ---------------------------------------------------------------------

MANY = ("--max-per-address", "0")


def serves(peer):
    """It gives this peer what it asks for."""
    if "unchoke" not in peer.seen:
        peer.send("interested")
        peer.until("unchoke")
    equal(peer.fetch(1), peer.torrent.part(1), "a piece")


@contextmanager
def leech(torrent, *options, **more):
    with bittorrent(torrent, *MANY, *options, **more) as server:
        until(lambda: (server.progress() or {}).get("state") in ("downloading", "metadata"),
              "it is ready to download")  # fmt: skip
        yield server


def attend(peer, **more):
    """Plays a seed in the background."""
    peer.send("have all")
    thread = threading.Thread(target=peer.serve, kwargs=more, daemon=True)
    thread.start()
    return thread

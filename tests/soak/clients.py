"""The clients of a soak: everything that clients do to a web server, good and bad, at random; and every
answer is compared with what it has to be, byte for byte."""

import gzip
import random
import re
import socket
import ssl
import struct
import time
import traceback
from contextlib import closing

from http_kit import Http, check, equal
from website import COUNTED, FILES, told
from tls_kit import Https

CHUNK = 50000
SMALL = [name for name, content in FILES.items() if len(content) <= 65536]
LARGE = [name for name, content in FILES.items() if len(content) > 65536]
TEXTS = [name for name in FILES if name.endswith((".html", ".css", ".txt"))]


class Visitor:
    """Somebody who visits one server, and does one thing after the other."""

    def __init__(self, address, tls, changing, seed):
        self.address, self.tls, self.changing = address, tls, changing
        self.luck = random.Random(seed)
        self.answers = 0
        self.contexts = {}  # of TLS, by version
        self.sessions = {}

    # ---- connections ----

    def connect(self, receive_buffer=None):
        if not self.tls:
            return Http(self.address, receive_buffer)
        version = self.luck.choice((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
        context = self.contexts.setdefault(version, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        session = self.sessions.get(version) if self.luck.random() < 0.7 else None
        return Https(
            self.address, version, session=session, context=context, receive_buffer=receive_buffer
        )

    def remember(self, client):
        """What it takes to resume the session. With TLS 1.3 that comes with the first answer."""
        if self.tls:
            self.sessions[client.socket.context.minimum_version] = client.socket.session

    def get(self, client, target, method="GET", fields="", status=200):
        response = client.get(target, method, fields)
        return self.answered(response, target, status)

    def answered(self, response, target, status=200):
        check(response is not None, f"{target} is answered")
        equal(response.status, status, f"the status of {target}")
        self.answers += 1
        return response

    def file(self, client, name):
        response = self.get(client, f"/{name}")
        check(response.body == FILES[name], f"{name} is what it was")
        return response

    # ---- what is asked for ----

    def keep_alive(self):
        with self.connect() as client:
            for _ in range(self.luck.randint(1, 40)):
                self.file(client, self.luck.choice(SMALL))
            self.remember(client)

    def one_by_one(self):
        for _ in range(self.luck.randint(1, 5)):
            with self.connect() as client:
                name = self.luck.choice(SMALL)
                response = self.get(client, f"/{name}", fields="Connection: close\r\n")
                check(response.body == FILES[name], f"{name} is what it was")
                check(client.closed(), "the connection ends")

    def large_files(self):
        with self.connect() as client:
            for _ in range(2):
                self.file(client, self.luck.choice(LARGE))

    def old_version(self):
        with self.connect() as client:
            name = self.luck.choice(SMALL)
            client.request(f"/{name}", version="1.0")
            response = self.answered(client.response(), name)
            check(response.body == FILES[name] and client.closed(), f"HTTP/1.0 gets {name}")

    def heads(self):
        with self.connect() as client:
            for _ in range(10):
                name = self.luck.choice([*SMALL, *LARGE])
                fields = self.get(client, f"/{name}", "HEAD").fields
                equal(fields["content-length"], str(len(FILES[name])), f"the length of {name}")

    def what_is_not_there(self):
        with self.connect() as client:
            for _ in range(10):
                self.get(client, f"/none/{self.luck.randrange(2000)}", status=404)
            self.get(client, "/..%2f..%2fetc/passwd", status=404)
            self.get(client, "/small/../../etc/passwd", status=400)

    def folders(self):
        with self.connect() as client:
            equal(self.get(client, "/folder/").body, FILES["folder/index.html"], "the index")
            moved = self.get(client, "/folder", status=301)
            equal(moved.fields["location"], "./folder/", "where the folder is")
            page = self.get(client, "/listed/").body
            for n in range(30):
                check(b'"%d.txt"' % n in page, f"the list has {n}.txt")

    def other_methods(self):
        with self.connect() as client:
            self.get(client, "/page.html", "OPTIONS", status=204)
            body = b"x" * self.luck.randrange(60000)
            client.request("/page.html", "PUT", f"Content-Length: {len(body)}\r\n", body)
            self.answered(client.response(), "PUT", 405)
            self.file(client, "byte.bin")

    # ---- parts, conditions, codings ----

    def ranges(self):
        with self.connect() as client:
            for _ in range(5):
                name = self.luck.choice([*LARGE, "page.html", "kept.bin"])
                content = FILES[name]
                first, last = sorted(self.luck.randrange(len(content)) for _ in range(2))
                wanted, part = self.luck.choice([
                    (f"{first}-{last}", content[first : last + 1]),
                    (f"{first}-", content[first:]),
                    (f"-{last + 1}", content[-last - 1 :]),
                ])  # fmt: skip
                fields = f"Range: bytes={wanted}\r\n"
                check(self.get(client, f"/{name}", fields=fields, status=206).body == part,
                      f"{wanted} of {name}")  # fmt: skip
            fields = f"Range: bytes={len(content)}-\r\n"
            self.get(client, f"/{name}", fields=fields, status=416)

    def several_ranges(self):
        name = self.luck.choice(LARGE)
        content = FILES[name]
        starts = sorted(self.luck.sample(range(0, len(content) - 9000, 10000), 3))
        wanted = [(start, start + self.luck.randint(0, 8000)) for start in starts]
        fields = "Range: bytes=" + ",".join(f"{a}-{b}" for a, b in wanted) + "\r\n"
        with self.connect() as client:
            response = self.get(client, f"/{name}", fields=fields, status=206)
        boundary = re.fullmatch(r"multipart/byteranges; ?boundary=\"?([^\"]+)\"?",
                                response.fields["content-type"])[1].encode()  # fmt: skip
        pieces = re.split(rb"\r\n--%s(?:\r\n|--)" % re.escape(boundary), b"\r\n" + response.body)
        equal(len(pieces), len(wanted) + 2, "how many parts there are, with both ends")
        for (first, last), piece in zip(wanted, pieces[1:]):
            head, _, body = piece.partition(b"\r\n\r\n")
            place = b"bytes %d-%d/%d" % (first, last, len(content))
            check(place in head and body == content[first : last + 1], f"{first} to {last} of {name}")

    def conditions(self):
        name = self.luck.choice([*SMALL, *LARGE])
        with self.connect() as client:
            fields = self.get(client, f"/{name}", "HEAD").fields
            tag, date = fields["etag"], fields["last-modified"]
            for field, status in (
                (f"If-None-Match: {tag}", 304), (f"If-Modified-Since: {date}", 304),
                ('If-Match: "other"', 412), (f"If-Match: {tag}", 200),
                ('If-None-Match: "other"', 200), ("If-Unmodified-Since: " + date, 200),
            ):  # fmt: skip
                response = self.get(client, f"/{name}", fields=f"{field}\r\n", status=status)
                check(status != 200 or response.body == FILES[name], f"{name} after {field}")
            if len(FILES[name]) > 9:
                for matching, status in ((tag, 206), ('"other"', 200)):
                    fields = f"Range: bytes=1-8\r\nIf-Range: {matching}\r\n"
                    body = self.get(client, f"/{name}", fields=fields, status=status).body
                    right = FILES[name][1:9] if status == 206 else FILES[name]
                    check(body == right, f"{name} if the range is still of it")

    def compressed(self):
        with self.connect() as client:
            for _ in range(5):
                name = self.luck.choice(TEXTS)
                response = self.get(client, f"/{name}", fields="Accept-Encoding: gzip, br\r\n")
                body = response.body
                if response.fields.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                else:
                    check(name != "packed.txt", f"{name} is sent compressed")
                check(body == FILES[name], f"{name} is what it was, compressed")

    def pipelined(self):
        names = [self.luck.choice(SMALL) for _ in range(self.luck.randint(2, 30))]
        with self.connect() as client:
            client.send("".join(f"GET /{name} HTTP/1.1\r\nHost: h\r\n\r\n" for name in names))
            for name in names:
                response = self.answered(client.response(), name)
                check(response.body == FILES[name], f"{name} is what it was, pipelined")

    def what_changes(self):
        with self.connect() as client:
            for _ in range(10):
                file = self.luck.choice(self.changing)
                asked = time.monotonic()
                problem = file.problem(self.get(client, f"/{file.name}").body, asked)
                check(problem is None, problem)

    # ---- scripts ----

    def scripts(self):
        with self.connect() as client:
            for _ in range(4):
                query = f"n={self.luck.randrange(1000)}"
                body = self.luck.randbytes(self.luck.choice([0, 10, 1000, 20000, 60000]))
                method = "POST" if body else "GET"
                fields = f"Content-Length: {len(body)}\r\n" if body else ""
                if body and self.luck.random() < 0.5:
                    fields = "Transfer-Encoding: chunked\r\n"
                client.request(f"/tell.php?{query}", method, fields, self.framed(body, fields))
                answer = self.answered(client.response(), "tell.php").body
                equal(answer, told(method, query, body), "what a script says")

    @staticmethod
    def framed(body, fields):
        return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if "chunked" in fields else body

    def long_scripts(self):
        with self.connect() as client:
            check(self.get(client, "/count.php").body == COUNTED, "a long answer of a script")
            self.file(client, "byte.bin")

    # ---- clients that are slow, or leave ----

    def reset(self, client):
        """As when a client is killed. Under TLS the descriptor is below another object."""
        linger = struct.pack("ii", 1, 0)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        client.file.close()
        client.socket.close()

    def aborts(self):
        for _ in range(self.luck.randint(1, 4)):
            client = self.connect()
            what = self.luck.choice(["nothing", "head", "body", "answer", "script", "many"])
            if what == "head":
                client.send("GET /huge.bin HTTP/1.1\r\nHo")
            elif what == "body":
                client.request("/tell.php", "POST", "Content-Length: 50000\r\n", b"x" * 999)
            elif what == "answer":
                client.request("/huge.bin")
                client.file.read(self.luck.randrange(1, 200000))
            elif what == "script":
                client.request("/count.php")
                client.file.read(self.luck.randrange(1, 20000))
            elif what == "many":
                client.send(50 * "GET /page.html HTTP/1.1\r\nHost: h\r\n\r\n")
            if self.luck.random() < 0.5:
                self.reset(client)
            else:
                client.close()

    def half_a_handshake(self):
        with closing(socket.create_connection(self.address, 30)) as plain:
            if self.luck.random() < 0.7:
                plain.sendall(bytes.fromhex("16030100f0010000ec0303") + self.luck.randbytes(20))

    def slow_sending(self):
        with self.connect() as client:
            name = self.luck.choice(SMALL)
            for byte in f"GET /{name} HTTP/1.1\r\nHost: h\r\nX: {'y' * 50}\r\n\r\n":
                client.send(byte)
            check(self.answered(client.response(), name).body == FILES[name], f"{name}, asked slowly")

    def slow_reading(self):
        """Through a small window, while the file may be replaced."""
        with self.connect(receive_buffer=4096) as client:
            asked = time.monotonic()
            file = self.changing[-1]
            client.request(f"/{file.name}")
            time.sleep(self.luck.random() * 0.5)
            body = self.answered(client.response(), file.name).body
            problem = file.problem(body, asked)
            check(problem is None, problem)

    HOSTILE = [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: rot13, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", 413),
        (f"GET /{'x' * 9000} HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (f"GET / HTTP/1.1\r\nHost: h\r\nX: {'x' * 9000}\r\n\r\n", 431),
        ("\x80\x02\x01\x03\r\n\r\n", 400),
    ]

    def hostile(self):
        for head, status in self.luck.sample(self.HOSTILE, 3):
            with self.connect() as client:
                client.send(head.encode("latin-1"))
                response = self.answered(client.response(), repr(head[:80]), status)
                check(response.closes and client.closed(), f"the connection ends after {head[:80]!r}")

    # ---- which of them, and how often ----

    OFTEN = {
        keep_alive: 30, one_by_one: 15, large_files: 3, old_version: 4, heads: 4,
        what_is_not_there: 4, folders: 4, other_methods: 4, ranges: 8, several_ranges: 4,
        conditions: 8, compressed: 8, pipelined: 8, what_changes: 8, scripts: 8, long_scripts: 2,
        aborts: 8, half_a_handshake: 2, slow_sending: 3, slow_reading: 2, hostile: 6,
    }  # fmt: skip

    def visit(self):
        """Does one of them."""
        (what,) = self.luck.choices(list(self.OFTEN), list(self.OFTEN.values()))
        what(self)


def visit_until(end, servers, changing, seed, answers):
    """The life of a process of clients. servers: pairs of an address and whether TLS is spoken there.
    answers: counts them, for all. Returns what was wrong, or None."""
    visitors = [Visitor(*server, changing, f"{seed} {n}") for n, server in enumerate(servers)]
    where = "the first connections"
    try:
        idle = [(visitor, visitor.connect()) for visitor in visitors for _ in range(5)]
        while time.monotonic() < end:
            for visitor in visitors:
                before = visitor.answers
                where = "TLS" if visitor.tls else "in the clear"
                visitor.visit()
                with answers.get_lock():
                    answers.value += visitor.answers - before
        where = "connections that were idle"
        for visitor, client in idle:
            visitor.file(client, "byte.bin")
            client.close()
    except (Exception, SystemExit) as problem:
        frames = traceback.extract_tb(problem.__traceback__)
        way = " > ".join(f"{frame.name}:{frame.lineno}" for frame in frames[1:])
        return f"{type(problem).__name__}: {problem} ({way}; {where}, seed {seed})"
    return None

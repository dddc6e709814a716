#!/usr/bin/env python3
"""The web server over TLS, and clients that are slow, broken, or gone at any point of it: others
are served meanwhile."""

import os
import random
import signal
import ssl
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from hostile_kit import *
from tls_kit import ECDSA, Https, make_certificate

# limit: 120 s

chance = random.Random(11)
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


class TlsServer(HttpServer):
    def connect(self, **more):
        return Https(self.program.address, **more)

    def connect_in_the_clear(self, **more):
        return super().connect(**more)


    def connect_and_ask(self, **more):
        """With everything read that belongs to the handshake, as session tickets do."""
        client = self.connect(**more)
        equal(client.get("/hello.txt").body, HELLO, "the body for one that will be hostile")
        return client


@contextmanager
def tls_server(*options, **more):
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder, "a", "a.example", ECDSA)
        pair = ("--tls-cert", f"{folder}/a.crt", "--tls-key", f"{folder}/a.key")
        with web_server(*pair, *options, kind=TlsServer, **more) as server:
            yield server


def client_hello(version):
    """The bytes that a handshake begins with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = context.maximum_version = version
    sent = ssl.MemoryBIO()
    session = context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="a.example")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return sent.read()


# ---- handshakes ----------------------------------------------------------------------------------


def slow_handshakes():
    """The time for a head is that for the handshake, too."""
    with tls_server("--header-timeout", "500ms", "--idle-timeout", "1") as server:
        with others_are_served(server):
            for version in VERSIONS:
                hello = client_hello(version)
                half = len(hello) // 2
                drip(server.connect_in_the_clear, b"", hello, ended)
                drip(server.connect_in_the_clear, hello[:half], hello[half:], ended)
                # A record of 16 KiB, and what follows the server's part of the handshake.
                drip(server.connect_in_the_clear, b"\x16\x03\x01\x40\x00\x01", b"\0", ended)
                with server.connect_in_the_clear() as client:
                    client.send(hello)
                    until(lambda: has_input(client), "the server answers")
                    ended(client)


def silence_after_the_handshake():
    """A client that has shaken hands and asks for nothing yet is idle: the time for a head has not
    begun. One that goes on being silent is left without a word."""
    with tls_server("--header-timeout", "500ms", "--idle-timeout", "60") as server:
        with others_are_served(server):
            slow = [server.connect(version=version) for version in VERSIONS]
            with server.connect_in_the_clear() as client:
                client.send(client_hello(VERSIONS[0])[:20])
                ended(client)  # meanwhile the time for a head has passed
            for client in slow:
                equal(client.get("/hello.txt").body, HELLO, "the body, late")
                client.close()
    with tls_server("--header-timeout", "60", "--idle-timeout", "500ms") as server:
        for version in VERSIONS:
            with server.connect(version=version) as client:
                equal(client.response(), None, "what a silent client is told")


def garbage_for_a_client_hello():
    """Noise, other protocols, and a ClientHello of which some bytes are others."""
    hellos = [client_hello(version) for version in VERSIONS]
    other = [
        b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"SSH-2.0-nonsense\r\n",
        b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40),  # of SSL 2
        b"\x15\x03\x01\x00\x02\x02\x28",  # an alert
        b"\x14\x03\x03\x00\x01\x01",  # change_cipher_spec
        b"\x17\x03\x03\x00\x10" + bytes(16),  # application data
        b"\x18\x03\x02\x00\x03\x01\x40\x00",  # heartbeat, as of Heartbleed
        b"\x16\x03\x01\xff\xff" + bytes(70000),  # longer than records may be
        b"\x16\x03\x01\x00\x00" * 1000,  # empty ones
        bytes(20000),
        hellos[0] + hellos[0],
        hellos[1] + hellos[1],
        hellos[1] + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    ]
    with tls_server("--header-timeout", "1", "--idle-timeout", "1") as server:
        before = descriptors_at_rest(server)
        with others_are_served(server):
            for n in range(300):
                data = bytearray(chance.choice(hellos))
                for _ in range(chance.randrange(1, 6)):
                    data[chance.randrange(len(data))] = chance.randrange(256)
                if n < len(other):
                    data = other[n]
                elif n % 3 == 0:
                    data = chance.randbytes(chance.randrange(1, 2000))
                with server.connect_in_the_clear() as client:
                    throw(client, data)
            nothing_left(server, before)


def garbage_after_the_handshake():
    """In the middle of a session bytes that are no record of it."""
    with tls_server("--idle-timeout", "1", *QUIET, files={"large": bytes(8 << 20)}) as server:
        before = descriptors_at_rest(server)
        with others_are_served(server):
            for version in VERSIONS:
                for n in range(40):
                    with server.connect(version=version) as client:
                        if n % 4 == 1:
                            equal(client.get("/hello.txt").body, HELLO, "the body")
                        elif n % 4 == 2:
                            client.request("/large")
                        elif n % 4 == 3:
                            client.send("GET /hello.txt HT")
                        kind = chance.choice((b"", b"\x17\x03\x03\0\x40", b"\x16\x03\x03\0\x40"))
                        os.write(client.socket.fileno(), kind + chance.randbytes(100))
                        ended(client)
            nothing_left(server, before)


# ---- requests and responses ----------------------------------------------------------------------


def slow_requests():
    """A byte in each record."""

    def timed_out(client):
        response = client.response()
        check(response is not None, "a client that is too slow is told")
        equal(response.status, 408, "the status of a client that is too slow")
        ended(client)

    post = request("/hello.txt", "POST", "Content-Length: 60000\r\n")
    with tls_server("--header-timeout", "500ms", "--body-timeout", "500ms") as server:
        with others_are_served(server):
            drip(server.connect_and_ask, b"", b"GET /hello.txt?" + 10000 * b"x", timed_out)
            drip(server.connect_and_ask, post, b"x", timed_out)


def slow_readers():
    """They are given up when the time for a response is over, however steadily they read."""
    size = 64 << 20
    with tls_server("--write-timeout", "1", *QUIET, files={"large": bytes(size)}) as server:
        still = [server.connect_and_ask(version=n, receive_buffer=4096) for n in 4 * VERSIONS]
        steady = {
            server.connect_and_ask(version=n, receive_buffer=1 << 18): 0 for n in VERSIONS
        }
        for client in (*still, *steady):
            client.request("/large")

        def read_on():
            for client in [*steady]:
                try:
                    got = len(client.file.read(65536))
                except OSError:
                    got = 0
                steady[client] += got
                check(steady[client] < size, "a response that is taken too slowly is cut")
                if got == 0:
                    client.close()
                    del steady[client]
            return not steady

        with others_are_served(server):
            until(read_on, "slow readers are given up")
        for client in still:
            ended(client)
            client.close()


def one_byte_at_a_time():
    """With the smallest buffer that there is: all of it arrives."""
    content = chance.randbytes(8 << 20)
    with tls_server(*QUIET, files={"file": content}) as server, ThreadPoolExecutor(2) as pool:

        def read(version):
            with server.connect(version=version, receive_buffer=1) as client:
                client.request("/file", fields="Connection: close\r\n")
                data = bytearray()
                while piece := client.socket.recv(1 if len(data) < 50000 else 65536):
                    data += piece
                check(data.endswith(b"\r\n\r\n" + content), "all of it has come")

        with others_are_served(server):
            list(pool.map(read, VERSIONS))


def pipelining_without_reading():
    """All answers come, in order, once they are read."""
    names = [f"file{n}" for n in range(20)]
    files = {name: name.encode() + chance.randbytes(8000) for name in names}
    targets = 20 * names if SANITIZED else 100 * names
    with tls_server(*QUIET, files=files) as server:
        greedy = [server.connect_and_ask(version=n, receive_buffer=65536) for n in 2 * VERSIONS]
        data = b"".join(request(f"/{target}") for target in targets)
        with others_are_served(server):
            for client in greedy:
                client.send(data)
            until(lambda: all(map(has_input, greedy)), "the first answers are there")
        for client in greedy:
            for target in targets:
                response = client.response()
                check(response is not None, f"{target} is answered")
                check(response.body == files[target], f"the body of {target}")
            client.close()


# ---- clients that are gone -----------------------------------------------------------------------


def half_open_clients():
    """Without close_notify, at any stage, in every way."""
    short = [w for name in ("header", "body", "idle", "write") for w in (f"--{name}-timeout", "1")]
    hellos = [client_hello(version) for version in VERSIONS]
    early = [b"", b"\x16\x03\x01", hellos[0][:100], *hellos]
    late = [
        b"", b"GET /hello.txt HTT", request("/hello.txt"), 50 * request("/hello.txt"),
        request("/large"), 50 * request("/large"),
        request("/hello.txt", "POST", "Content-Length: 60000\r\n", 50000 * b"x"),
    ]  # fmt: skip
    with tls_server(*short, *QUIET, files={"large": bytes(8 << 20)}) as server:
        before = descriptors_at_rest(server)
        left = []
        with others_are_served(server):
            for leave in ways_to_leave():
                for data in early:
                    client = server.connect_in_the_clear(receive_buffer=4096)
                    client.send(data)
                    left.append((client, leave))
                for version in VERSIONS:
                    for data in late:
                        client = server.connect(version=version, receive_buffer=4096)
                        client.send(data)
                        left.append((client, leave))
            for client, leave in left:
                leave(client)
            nothing_left(server, before)
        for client, _ in left:
            client.close()


def stop_among_hostile_clients():
    """SIGTERM: a download is finished, handshakes and slow readers do not hold up the end for
    longer than the grace period."""
    content = chance.randbytes(8 << 20)
    with tls_server("--grace", "3", *QUIET, files={"file": content}) as server:
        before = descriptors_at_rest(server)
        shaking = [server.connect_in_the_clear() for _ in range(10)]
        for n, client in enumerate(shaking):
            client.send(client_hello(VERSIONS[n % 2])[: 10 + 500 * (n % 3)])
        readers = [server.connect(version=n, receive_buffer=4096) for n in 3 * VERSIONS]
        downloads = [server.connect(version=n, receive_buffer=65536) for n in VERSIONS]
        for client in (*readers, *downloads):
            client.request("/file")
        for client in downloads:
            equal(client.head()[0], 200, "the status")
            check(client.exactly(1 << 20) == content[: 1 << 20], "the first part")
        count = len(shaking) + len(readers) + len(downloads)
        until(lambda: server.descriptors() >= before + count - 1, "all are let in")
        server.signal(signal.SIGTERM)
        for client in downloads:
            check(client.exactly(len(content) - (1 << 20)) == content[1 << 20 :], "the rest comes")
            check(client.closed(), "and the connection ends")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")
        for client in (*shaking, *readers, *downloads):
            ended(client)
            client.close()


main(
    slow_handshakes, silence_after_the_handshake, garbage_for_a_client_hello,
    garbage_after_the_handshake, slow_requests,
    slow_readers, one_byte_at_a_time, pipelining_without_reading, half_open_clients,
    stop_among_hostile_clients,
)

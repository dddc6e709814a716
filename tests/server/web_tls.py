#!/usr/bin/env python3
"""The web server over TLS: versions, resumption, certificates that change, clients that do not speak
it, or not to the end."""

import signal
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from http_kit import *
from tls_kit import *

# limit: 120 s

SIZES = {"empty": 0, "small": 1000, "memory": 60000, "large": 5000000}
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def content(name):
    return (name.encode() * (SIZES[name] // len(name) + 1))[: SIZES[name]]


@contextmanager
def web_server(*options, **more):
    """With certificates of two kinds for a.example, and one for b.example."""

    def fill(root):
        for name in SIZES:
            (root / name).write_bytes(content(name))

    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for name, host, key in (("rsa", "a", RSA), ("ec", "a", ECDSA), ("b", "b", ECDSA)):
            make_certificate(folder, name, f"{host}.example", key)
            pairs += ["--tls-cert", f"{folder}/{name}.crt", "--tls-key", f"{folder}/{name}.key"]
        with http_server("web", *pairs, *options, fill=fill, **more) as server:
            server.certificates = Path(folder)
            yield server


def https(server, *arguments, **more):
    return Https(server.program.address, *arguments, **more)


# ---- what TLS is for -----------------------------------------------------------------------------


def files_of_every_size():
    with web_server() as server:
        for version in VERSIONS:
            with https(server, version) as client:
                equal(client.socket.selected_alpn_protocol(), "http/1.1", "the protocol")
                for name in [*SIZES, *SIZES]:
                    response = client.get(f"/{name}")
                    equal(response.status, 200, f"the status of {name}")
                    check(response.body == content(name), f"{name} is what it was")
                equal(client.get("/small", "HEAD").status, 200, "the status of HEAD")
                equal(client.get("/none").status, 404, "the status of what is not there")


def slow_readers():
    """Their sockets are full most of the time."""
    with web_server() as server:
        readers = []
        for version in VERSIONS:
            for name in ("memory", "large"):
                client = https(server, version, receive_buffer=4096)
                client.request(f"/{name}")
                client.request(f"/{name}")
                readers.append((client, name))
        with https(server) as other:
            equal(other.get("/small").status, 200, "the status of another client")
        for client, name in readers:
            for _ in range(2):
                check(client.response().body == content(name), f"{name} is what it was")
            client.close()


def pipelined_requests():
    """More than fit into the buffer of a request, in records of all lengths."""
    with web_server() as server:
        for version in VERSIONS:
            for count, length in ((1, 3000), (200, 1), (100, 400)):
                with https(server, version) as client:
                    body = length * "x"
                    request = f"POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n"
                    client.send(count * (request + body) + "GET /small HTTP/1.1\r\nHost: h\r\n\r\n")
                    for _ in range(count):
                        equal(client.response().status, 405, "the status of POST")
                    check(client.response().body == content("small"), "the last is answered")


def names_of_hosts():
    with web_server() as server:
        shown = {}
        for host in ("a.example", "b.example", "c.example"):
            with https(server, host=host) as client:
                shown[host] = client.certificate()
                equal(client.get("/small").status, 200, f"the status of {host}")
        check(shown["a.example"] != shown["b.example"], "each host has its certificate")
        equal(shown["c.example"], shown["a.example"], "what an unknown host is shown")


# ---- certificates that change --------------------------------------------------------------------


def reloading():
    """SIGHUP: new connections see the new certificate, old ones go on, tickets are still good."""
    with web_server() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old = https(server, context=context)
        before = old.certificate()
        equal(old.get("/small").status, 200, "the status before")
        session = old.socket.session

        def shown():
            with https(server) as client:
                return client.certificate()

        for name in ("rsa", "ec"):
            make_certificate(server.certificates, name, "a.example", RSA if name == "rsa" else ECDSA)
        server.signal(signal.SIGHUP)
        until(lambda: shown() != before, "the new certificate is shown")
        equal(old.get("/small").status, 200, "the status of the old connection")
        with https(server, context=context, session=session) as client:
            equal(client.get("/small").status, 200, "the status of one that comes back")
            check(client.socket.session_reused, "it resumes")

        before = shown()
        (server.certificates / "ec.crt").write_text("no certificate")
        server.signal(signal.SIGHUP)
        until(lambda: any("ec.crt" in line for line in server.log_lines()), "the log says why")
        equal(shown(), before, "the certificate after one that does not load")
        equal(old.get("/small").status, 200, "the status of the old connection")
        old.close()


def bad_certificate_at_the_start():
    binaries, runtime = sys.argv[1:3]
    result = subprocess.run(
        [f"{binaries}/web-{runtime}", "--listen", f"{HOST}:0", "--tls-cert", "/none.crt",
         "--tls-key", "/none.key"],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    equal(result.returncode, 1, "the exit status")
    check("--tls-cert /none.crt: No such file or directory" in result.stderr, "it says why")
    equal(result.stdout, "", "what stands on standard output")


# ---- clients that do not speak TLS, or not to the end --------------------------------------------


def http_in_the_clear():
    with web_server() as server, server.connect() as client:
        response = client.get("/small")
        equal(response.status, 400, "the status")
        check(client.closed(), "the connection ends")


def clients_that_break_off():
    with web_server("--header-timeout", "500ms", "--access-log", "-") as server:
        with server.connect() as client:
            client.send("SSH-2.0-nonsense\r\n")
            client.file.read()
        with server.connect() as client:
            client.send(b"\x16\x03\x01\x02")
            check(client.closed(), "one that does not go on is left")
        refused = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with server.connect() as client:
            try:
                refused.wrap_socket(client.socket, server_hostname="a.example")
                check(False, "the certificate is refused")
            except ssl.SSLCertVerificationError:
                pass
        with https(server) as client:
            client.request("/large")
        with https(server) as client:
            client.socket.unwrap()
        with https(server) as client:
            equal(client.get("/small").status, 200, "the status of one that does")


def the_end_is_announced():
    """RFC 9112, section 9.8: close_notify comes before the end."""
    with web_server() as server:
        for version in VERSIONS:
            with https(server, version) as client:
                equal(client.get("/small", fields="Connection: close\r\n").status, 200, "the status")
                check(client.closed(), "the connection ends")
            with https(server, version) as client:
                client.send("nonsense\r\n\r\n")
                equal(client.response().status, 400, "the status of nonsense")
                check(client.closed(), "the connection ends")


def stopping():
    """SIGTERM while one is idle and another has not made its handshake."""
    with web_server() as server, https(server) as idle, server.connect():
        equal(idle.get("/small").status, 200, "the status")
        server.signal(signal.SIGTERM)
        check(idle.closed(), "the idle connection ends")
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


main(
    files_of_every_size, slow_readers, pipelined_requests, names_of_hosts, reloading,
    bad_certificate_at_the_start, http_in_the_clear, clients_that_break_off, the_end_is_announced,
    stopping,
)

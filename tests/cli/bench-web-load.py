"""bench-web-load.py - in a folder with hold, steady, handshakes and a certificate: runs them against
a server that counts what it is asked, and gives wrong answers where the path says so."""

import http.server
import re
import ssl
import subprocess
import sys
import threading

FEW, MANY = "20", 300


class Handler(http.server.BaseHTTPRequestHandler):
    """/good is answered, /long with a byte too many, /missing with 404, /close by the end of the
    connection; /once is answered, and the connection ends."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.server.count(self.path)
        if self.path == "/close":
            self.close_connection = True
            return
        body = b"x" * 1000
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body + b"y" * (self.path == "/long"))
        if self.path == "/once" or self.headers["Connection"] == "close":
            self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1000

    def __init__(self, tls=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port = str(self.server_address[1])
        self.asked = {}
        self.lock = threading.Lock()
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain("certificate.pem", "key.pem")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def finish_request(self, request, client_address):
        """In the thread of the connection."""
        if self.context:
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        pass  # a client that has given up

    def count(self, path):
        with self.lock:
            self.asked[path] = self.asked.get(path, 0) + 1


def run(*words, given=b""):
    return subprocess.run(["./" + words[0], *words[1:]], input=given, capture_output=True,
                          timeout=50)


def check(condition, *what):
    if not condition:
        sys.exit(f"not as expected: {what}")


def numbers(done, pattern):
    check(done.returncode == 0, done)
    found = re.fullmatch(pattern, done.stdout.decode())
    check(found, done)
    return [float(text) for text in found.groups()]


def test_hold(server):
    done = run("hold", server.port, str(MANY), "/good")
    check(numbers(done, r"held (\d+)\nalive (\d+)\n") == [MANY, MANY], done)
    check(server.asked["/good"] == MANY, server.asked)
    done = run("hold", server.port, FEW, "/once")
    check(done.stdout.startswith(b"held 20\nalive "), done)
    for path in ("/missing", "/close", "/long"):
        done = run("hold", server.port, FEW, path)
        check(done.stdout == b"held 0\nalive 0\n", path, done)


def test_steady(server):
    before = server.asked.get("/good", 0)
    done = run("steady", server.port, "/good", "4", "200", "0.5")
    count, median, late = numbers(done, r"answered (\d+) median ([\d.]+) late ([\d.]+)\n")
    check(count == 100 and server.asked["/good"] - before == 100, done, server.asked)
    check(0 < median <= late, done)
    for path in ("/missing", "/close", "/long"):
        done = run("steady", server.port, path, "4", "200", "0.5")
        check(done.returncode == 1 and done.stderr.startswith(b"steady: "), path, done)


def test_handshakes(server):
    pattern = r"made (\d+) resumed (\d+) TLSv1\.3 TLS_\S+ \S+\n"
    done = run("handshakes", server.port, "/good", "0.3")
    made, resumed = numbers(done, pattern)
    check(made > 0 and resumed == 0 and server.asked["/good"] == made, done, server.asked)
    made, resumed = numbers(run("handshakes", server.port, "/good", "0.3", "resume"), pattern)
    check(made - 8 <= resumed < made, made, resumed)  # the first of each of 8 clients
    done = run("handshakes", server.port, "/missing", "0.3")
    check(done.returncode == 1 and b"wrong answer" in done.stderr, done)


def main():
    test_hold(Server())
    test_steady(Server())
    test_handshakes(Server(tls=True))


main()

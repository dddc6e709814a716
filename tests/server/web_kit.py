"""What the tests of the web server share beside http_kit: a server on files made for the test, and
tests that are named after sections of an RFC."""

import re
import sys
import time

import http_kit
from http_kit import *

HELLO = b"hello, world\n"


def web_server(*options, files=None, **more):
    """files: {name: content} to be made first, beside hello.txt. more: of http_server."""

    def fill(root):
        for name, content in {"hello.txt": HELLO, **(files or {})}.items():
            write(root / name, content)

    return http_server("web", *options, fill=fill, **more)


def write(path, content):
    """Makes a file as it comes into being on a site: whole, by a rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(".part")
    part.write_bytes(content)
    part.rename(path)


def request(target, method="GET", fields="", body=b"", version="1.1"):
    """The bytes of one."""
    return f"{method} {target} HTTP/{version}\r\nHost: h\r\n{fields}\r\n".encode() + body


# ---- what becomes of one request, and of the connection ------------------------------------------


def served(server, data, status=200):
    """It is answered, and the connection goes on."""
    with server.connect() as client:
        client.send(data + request("/hello.txt"))
        response = client.response(method_of(data))
        check(response is not None, f"{data[:200]} is answered")
        equal(response.status, status, f"the status of {data[:200]}")
        check(not response.closes, f"the connection goes on after {data[:200]}")
        following = client.response()
        check(following is not None and following.body == HELLO, f"what follows {data[:200]}")
        return response


def refused(server, data, status=400):
    """It is answered, and nothing behind it: the connection ends."""
    with server.connect() as client:
        client.send(data + request("/hello.txt"))
        response = client.response(method_of(data))
        check(response is not None, f"{data[:200]} is answered")
        equal(response.status, status, f"the status of {data[:200]}")
        check(response.closes and client.closed(), f"the connection ends after {data[:200]}")
        return response


def method_of(data):
    return "HEAD" if data.startswith(b"HEAD ") else "GET"


# ---- what changes --------------------------------------------------------------------------------


def becomes(server, changed, target, what, fields=""):
    """what(response) holds for whatever is asked later than two seconds after `changed`, and for
    what is asked after the first time that it did."""
    seen = False
    while True:
        began = time.monotonic()
        response = server.get(target, fields=fields)
        if what(response):
            if seen:
                return
            seen = True
            continue
        check(not seen, f"{target} does not become what it was")
        check(began - changed < 2, f"the change of {target} is noticed within a second")


# ---- tests of an RFC -----------------------------------------------------------------------------


def sections(module, server):
    """Runs the functions section_... of a module. Its first comment, a list of the RFC's sections,
    has to name each of them, and no others."""
    tests = {name: test for name, test in module.items() if name.startswith("section_")}
    listed = set(re.findall(r"\bsection_\w+", module["__doc__"]))
    equal(listed, set(tests), "what the list names")
    wanted = sys.argv[3:]
    for name, test in tests.items():
        if not wanted or name in wanted:
            test(server)


__all__ = [
    *http_kit.__all__, "HELLO", "becomes", "refused", "request", "sections", "served", "web_server",
    "write",
]

#!/usr/bin/env python3
"""The image server speaks HTTP/1.1: what it answers, what a connection survives, what it refuses."""

from image_kit import *

KEPT = [
    # (method, target, fields, body, status): the next request on the connection is served
    ("GET", "/missing.jpg", "", b"", 404),
    ("GET", "/", "", b"", 404),
    ("GET", "/small.png", "", b"", 404),
    ("GET", "/.jpg", "", b"", 404),
    ("GET", "/small.jpg?size=0", "", b"", 400),
    ("GET", "/small.jpg?size=9", "", b"", 400),
    ("GET", "/small.jpg?size=", "", b"", 400),
    ("GET", "/small.jpg?size=11", "", b"", 400),
    ("GET", "/small.jpg?size=1&size=2", "", b"", 400),
    ("GET", "/small.jpg%00.jpg", "", b"", 400),
    ("GET", "/small%2.jpg", "", b"", 400),
    ("GET", "/../root/small.jpg", "", b"", 404),
    ("GET", "/%2e%2e%2froot%2fsmall.jpg", "", b"", 404),
    ("GET", "/" + 300 * "n" + ".jpg", "", b"", 404),
    ("GET", "/small.jpg?size=2", "", b"", 200),
    ("GET", "/small.jpg?x&size=2&y=z", "", b"", 200),
    ("GET", "/sm%61ll.jpg", "", b"", 200),
    ("GET", "http://other:80/small.jpg", "", b"", 200),
    ("GET", "/small.jpg", "Content-Length: 5\r\n", b"hello", 200),
    ("HEAD", "/small.jpg", "", b"", 200),
    ("HEAD", "/missing.jpg", "", b"", 404),
    ("POST", "/small.jpg", "Content-Length: 5\r\n", b"GET /", 405),
    ("POST", "/small.jpg", "Content-Length: 60000\r\n", 60000 * b"x", 405),
    ("PUT", "/x", "Transfer-Encoding: chunked\r\n", b"5\r\nGET /\r\n0\r\nT: x\r\n\r\n", 405),
    ("DELETE", "/small.jpg", "", b"", 405),
    ("OPTIONS", "*", "", b"", 405),
]

CLOSED = [
    # (bytes, status): then the server closes, whatever else was sent
    (b"nonsense\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\nHost: h\n\n", 400),
    (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
    (b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501),
    (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    (b"GET /" + 9000 * b"a" + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + 9000 * b"a" + b"\r\n\r\n", 431),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n", 413),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n11171\r\n", 413),
    (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 405),
]

# Where one server sees the end of a request and another does not, a second request can be hidden.
# Each of these gets one answer, and what follows is never taken for a request.
SMUGGLED = [
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0, 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n",
    b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
]


def kept_connections(server):
    with server.connect() as client:
        for method, target, fields, body, status in KEPT:
            client.request(target, method, fields, body)
            response = client.response(method)
            what = f"{method} {target[:40]}"
            check(response is not None, f"{what} is answered")
            equal(response.status, status, f"the status of {what}")
            check(not response.closes, f"the connection goes on after {what}")
            if status == 405:
                equal(response.fields.get("allow"), "GET, HEAD", "what is allowed")
        equal(client.get("/small.jpg").status, 200, "the status in the end")


def closed_connections(server):
    for data, status in CLOSED:
        with server.connect() as client:
            client.send(data)
            response = client.response()
            check(response is not None, f"{data[:60]} is answered")
            equal(response.status, status, f"the status of {data[:60]}")
            check(response.closes and client.closed(), f"the connection ends after {data[:60]}")


def smuggled_requests(server):
    for data in SMUGGLED:
        with server.connect() as client:
            client.send(data + b"GET /small.jpg HTTP/1.1\r\nHost: h\r\n\r\n")
            response = client.response()
            check(response.status in (400, 501), f"{data} is refused, not {response.status}")
            check(client.closed(), f"nothing follows {data}")


def pipelining(server):
    targets = ["/small.jpg?size=1", "/missing.jpg", "/small.jpg", "/small.jpg?size=x"] * 10
    with server.connect() as client:
        requests = [f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n" for target in targets]
        requests.append("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        requests.append("GET /small.jpg HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        client.send("\r\n".join(requests))
        statuses = [client.response().status for _ in requests]
        equal(statuses, [200, 404, 200, 400] * 10 + [405, 200], "the statuses in order")
        check(client.closed(), "the connection ends with the last")


def requests_in_pieces(server):
    with server.connect() as client:
        for byte in b"\r\nGET /small.jpg HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi":
            client.send(bytes((byte,)))
        equal(client.response().status, 200, "the status of a request in pieces")


def old_clients(server):
    with server.connect() as client:
        client.send("GET /small.jpg HTTP/1.0\r\n\r\n")
        response = client.response()
        check(response.status == 200 and response.closes and client.closed(), "HTTP/1.0 closes")
    with server.connect() as client:
        for _ in range(3):
            client.send("GET /small.jpg HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            response = client.response()
            equal(response.fields.get("connection"), "keep-alive", "the Connection field")


def head_and_validators(server):
    with server.connect() as client:
        whole, head = client.get("/small.jpg"), client.get("/small.jpg", "HEAD")
        for name in ("content-length", "content-type", "etag"):
            equal(head.fields[name], whole.fields[name], f"{name} of HEAD")
        equal(whole.fields["content-type"], "image/jpeg", "the type")
        client.request("/small.jpg", fields=f"If-None-Match: \"x\", {whole.fields['etag']}\r\n")
        equal(client.response().status, 304, "the status of what the client has")
        client.request("/small.jpg?size=1", fields=f"If-None-Match: {whole.fields['etag']}\r\n")
        equal(client.response().status, 200, "the status of another size")
        client.request("/small.jpg", fields="If-Match: \"x\"\r\n")
        equal(client.response().status, 412, "the status of a version that is gone")
        client.request("/small.jpg", fields=f"If-Match: {whole.fields['etag']}\r\n")
        equal(client.response().status, 200, "the status of the version that is asked for")


def refusal_reaches_a_client_that_sends(server):
    """A body of 8 MB is refused at its head, and the client sends all of it before it reads."""
    with server.connect() as client:
        client.request("/", "POST", "Content-Length: 8000000\r\n")
        client.send(bytes(8000000))
        response = client.response()
        check(response is not None and response.status == 413, "the refusal arrives")
        check(client.closed(), "then the connection ends")


def run_all():
    with image_server() as server:
        kept_connections(server)
        closed_connections(server)
        smuggled_requests(server)
        pipelining(server)
        requests_in_pieces(server)
        old_clients(server)
        head_and_validators(server)
        refusal_reaches_a_client_that_sends(server)


main(run_all)

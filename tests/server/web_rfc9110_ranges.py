#!/usr/bin/env python3
"""Ranges, as RFC 9110, section 14, demands them, and the answers of section 15.3.7.

14.1.1  the grammar                                     section_9110_14_1_1_grammar
14.1.2  of bytes, from the front and from the end       section_9110_14_1_2_bytes
        numbers beyond any file                         section_9110_14_1_2_large_numbers
14.2    in GET alone                                    section_9110_14_2_other_methods
        other units are ignored                         section_9110_14_2_other_units
        many ranges, overlapping and small              section_9110_14_2_many
14.3    Accept-Ranges                                   section_9110_14_3_accept_ranges
14.4    Content-Range: in a 206 and a 416               section_9110_14_1_2_bytes
        in a request it is ignored                      section_9110_14_4_content_range_of_requests
14.5    PUT of a part: there is no PUT
14.6    multipart/byteranges                            section_9110_14_6_multipart
15.3.7  the fields of a 206 are those of a 200          section_9110_15_3_7_fields
        of files in memory and of others, cut anywhere  section_9110_15_3_7_any_range
15.5.17 416: nothing of it is there                     section_9110_15_5_17_unsatisfiable
"""

import gzip
import random
import re

from web_kit import *

TEXT = bytes(range(256)) * 40
PLAIN = "text/plain; charset=utf-8"
LARGE = random.Random(1).randbytes(300000)  # more than the cache keeps in memory
FILES = {"text.txt": TEXT, "large.bin": LARGE, "empty.txt": b"", "one.txt": b"x"}


def ranged(server, value, status, target="/text.txt", fields="", method="GET"):
    return served(server, request(target, method, f"Range: {value}\r\n{fields}"), status)


def whole(server, value):
    equal(ranged(server, value, 200).body, TEXT, f"the body for {value}")


def one(server, value, first, last, target="/text.txt", content=TEXT):
    response = ranged(server, value, 206, target)
    equal(response.fields["content-range"], f"bytes {first}-{last}/{len(content)}", f"for {value}")
    check(response.body == content[first : last + 1], f"the body for {value}")
    return response


def several(server, value, ranges, target="/text.txt", content=TEXT, kind=PLAIN):
    """The parts of a multipart body, checked to the byte."""
    response = ranged(server, value, 206, target)
    check("content-range" not in response.fields, "the range of several is in the parts alone")
    multipart = r"multipart/byteranges; boundary=([0-9A-Za-z'()+_,./:=?-]{1,70})"
    boundary = re.fullmatch(multipart, response.fields["content-type"])[1].encode()
    check(boundary not in content, "the boundary is not in the content")
    body = b""
    for first, last in ranges:
        lines = f"Content-Type: {kind}", f"Content-Range: bytes {first}-{last}/{len(content)}"
        head = "\r\n".join(lines).encode()
        piece = content[first : last + 1]
        body += b"\r\n--" + boundary + b"\r\n" + head + b"\r\n\r\n" + piece
    body += b"\r\n--" + boundary + b"--\r\n"
    check(response.body == body[2:], f"the parts for {value}")
    return boundary


def section_9110_14_1_1_grammar(server):
    for value in (
        "", "bytes", "bytes=", "bytes=-", "bytes=x", "bytes=0", "bytes=0-x", "bytes=x-0",
        "bytes=--1", "bytes=1-0", "bytes=0-1-2", "bytes=0-1;2-3", "bytes=0 -1", "bytes=0- 1",
        "bytes=+0-1", "bytes=0x0-0x1", "bytes 0-1", "bytes:0-1", "=0-1", "0-1", "bytes=0-1,x",
        "bytes=0-1, 5-4", "bytes=,", "bytes=0-1/10240", "bytes=*", "bytes = 0-1", "bytes=0.5-1",
    ):
        whole(server, value)
    for value in ("bytes=0-1", "Bytes=0-1", "BYTES=0-1", "bytes= 0-1 ", "bytes=0-1 ,"):
        one(server, value, 0, 1)
    whole(server, "bytes=0-1\r\nRange: bytes=2-3")


def section_9110_14_1_2_bytes(server):
    end = len(TEXT) - 1
    for value, first, last in (
        ("0-0", 0, 0),
        ("0-499", 0, 499),
        ("500-999", 500, 999),
        ("9500-", 9500, end),
        ("-500", end - 499, end),
        ("-1", end, end),
        (f"{end}-", end, end),
        (f"{end}-{end}", end, end),
        (f"{end}-{end + 1}", end, end),
        ("0-", 0, end),
        (f"0-{end}", 0, end),
        (f"0-{end + 1}", 0, end),
        (f"-{end + 1}", 0, end),
        (f"-{end + 2}", 0, end),
        ("00-01", 0, 1),
    ):
        one(server, f"bytes={value}", first, last)
    one(server, "bytes=0-0", 0, 0, "/one.txt", b"x")
    one(server, "bytes=-5", 0, 0, "/one.txt", b"x")


def section_9110_14_1_2_large_numbers(server):
    end = len(TEXT) - 1
    for number in (2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**64 + 5, int(200 * "9")):
        one(server, f"bytes=5-{number}", 5, end)
        one(server, f"bytes=-{number}", 0, end)
        ranged(server, f"bytes={number}-", 416)
        ranged(server, f"bytes={number}-{number + 1}", 416)
        one(server, f"bytes={number}-, 1-2", 1, 2)


def section_9110_14_2_other_methods(server):
    for value in ("bytes=0-1", "bytes=99999-", "x"):
        response = ranged(server, value, 200, method="HEAD")
        equal(response.fields["content-length"], str(len(TEXT)), "the length of HEAD")
        check("content-range" not in response.fields, "HEAD has no range")
        ranged(server, value, 405, method="POST")
        ranged(server, value, 204, method="OPTIONS")


def section_9110_14_2_other_units(server):
    for value in ("x=0-1", "byte=0-1", "bytes2=0-1", "seconds=0-1", "x=99999-", "none=0-0"):
        whole(server, value)


def section_9110_14_2_many(server):
    """No short request makes a long answer; what overlaps is sent once."""
    one(server, "bytes=0-9, 5-14", 0, 14)
    one(server, "bytes=0-9, 10-19", 0, 19)
    one(server, "bytes=5-, 0-9, -1", 0, len(TEXT) - 1)
    one(server, "bytes=" + ",".join(1000 * ["0-"]), 0, len(TEXT) - 1)
    one(server, "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(1000)), 0, 1000)
    several(server, "bytes=20-29, 0-9, 25-34", [(20, 34), (0, 9)])
    for count in (17, 100, 800):
        value = "bytes=" + ",".join(f"{3 * n}-{3 * n}" for n in range(count))
        response = server.get("/text.txt", fields=f"Range: {value}\r\n")
        check(response.status in (200, 206), "many small ranges are served, or all of it")
        check(len(response.body) <= len(TEXT) + 200 * count, "with no more than that")


def section_9110_14_3_accept_ranges(server):
    for target in ("/text.txt", "/large.bin"):
        for method in ("GET", "HEAD"):
            equal(server.get(target, method).fields["accept-ranges"], "bytes", "Accept-Ranges")


def section_9110_14_4_content_range_of_requests(server):
    response = served(server, request("/text.txt", fields="Content-Range: bytes 0-1/2\r\n"))
    equal(response.body, TEXT, "the body")


def section_9110_14_6_multipart(server):
    end = len(TEXT) - 1
    boundaries = {
        several(server, "bytes=0-0, -1", [(0, 0), (end, end)]),
        several(server, "bytes=500-600, 601-999, 5-9", [(500, 999), (5, 9)]),
        several(server, "bytes=9000-, 0-99", [(9000, end), (0, 99)]),
        several(server, "bytes=0-0, 99999-, 2-2", [(0, 0), (2, 2)]),
        several(server, "bytes=0-0,, 2-2 ,", [(0, 0), (2, 2)]),
        several(
            server, "bytes=7-70000, 100000-250000, -9",
            [(7, 70000), (100000, 250000), (299991, 299999)], "/large.bin", LARGE,
            "application/octet-stream",
        ),
    }
    equal(len(boundaries), 6, "the number of boundaries, which nobody foresees")
    with server.connect() as client:  # and it ends where it says
        for _ in range(3):
            client.request("/large.bin", fields="Range: bytes=1-200000, 200002-\r\n")
        client.request("/one.txt")
        for _ in range(3):
            equal(client.response().status, 206, "the status")
        equal(client.response().body, b"x", "what follows")


def section_9110_15_3_7_fields(server):
    for fields in ("", "Accept-Encoding: gzip\r\n"):
        full = server.get("/text.txt", fields=fields)
        for value in ("bytes=0-4", "bytes=0-4, 9-10"):
            part = ranged(server, value, 206, fields=fields)
            for name in ("etag", "last-modified", "vary", "content-encoding", "cache-control"):
                equal(part.fields.get(name), full.fields.get(name), f"{name} of a 206")
        first = ranged(server, "bytes=0-4", 206, fields=fields)
        equal(first.fields["content-type"], full.fields["content-type"], "the type of a 206")
        check(first.body == full.body[:5], "the bytes are of what the client accepts")
    check(gzip.decompress(full.body) == TEXT, "and that was compressed")


def section_9110_15_3_7_any_range(server):
    chance = random.Random(2)
    with server.connect() as client:
        for _ in range(150):
            target, content = chance.choice([("/text.txt", TEXT), ("/large.bin", LARGE)])
            first = chance.randrange(len(content))
            last = chance.randrange(first, len(content))
            response = client.get(target, fields=f"Range: bytes={first}-{last}\r\n")
            equal(response.status, 206, "the status")
            check(response.body == content[first : last + 1], f"{first} to {last} of {target}")


def section_9110_15_5_17_unsatisfiable(server):
    size = len(TEXT)
    for value in (f"{size}-", f"{size}-{size}", "99999-", "-0", "99999-, -0"):
        response = ranged(server, f"bytes={value}", 416)
        equal(response.fields["content-range"], f"bytes */{size}", f"Content-Range for {value}")
    for value in ("bytes=0-", "bytes=-1", "bytes=0-0"):
        response = server.get("/empty.txt", fields=f"Range: {value}\r\n")
        check(response.status in (200, 416), f"{value} of nothing is all of it, or is not there")
        check(response.status == 416 or not response.body, f"{value} of nothing has no bytes")


with web_server("--gzip", files=FILES) as server:
    sections(globals(), server)

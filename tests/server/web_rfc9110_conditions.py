#!/usr/bin/env python3
"""Conditional requests, as RFC 9110, section 13, demands them.

13.1.1  If-Match: strong comparison                     section_9110_13_1_1_if_match
13.1.2  If-None-Match: weak comparison                  section_9110_13_1_2_if_none_match
13.1.3  If-Modified-Since; what is no date is ignored   section_9110_13_1_3_if_modified_since
        a representation without a date                 section_9110_13_1_3_no_date
13.1.4  If-Unmodified-Since                             section_9110_13_1_4_if_unmodified_since
13.1.5  If-Range                                        section_9110_13_1_5_if_range
        nothing without Range                           section_9110_13_1_5_without_range
13.2.1  nothing where the answer is no 2xx anyway       section_9110_13_2_1_other_answers
        nothing with other methods                      section_9110_13_2_1_other_methods
13.2.2  all five in their order: every combination      section_9110_13_2_2_order
"""

import itertools
import os

from web_kit import *

THEN = 784111777
BEFORE, AT, AFTER = (f"Sun, 06 Nov 1994 08:49:{seconds} GMT" for seconds in (36, 37, 38))
NO_DATES = (
    "", "x", "0", "784111777", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 24:49:37 GMT", "1994-11-06T08:49:37Z",
    "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 29 Feb 1995 08:49:37 GMT",
    "sun, 06 nov 1994 08:49:37 gmt", f'"{AT}"', f"{AT}, {AT}", f"{AT};x",
)


def answered(server, fields, status, method="GET", target="/hello.txt"):
    data = request(target, method, "".join(f"{name}: {value}\r\n" for name, value in fields))
    return served(server, data, status)


def tag(server):
    etag = server.get("/hello.txt").fields["etag"]
    check(etag.startswith('"'), f"{etag} is a strong tag")
    return etag


def section_9110_13_1_1_if_match(server):
    etag = tag(server)
    for method in ("GET", "HEAD"):
        for value, status in (
            ("*", 200),
            (etag, 200),
            (f'"x", {etag}', 200),
            (f'{etag}, "x"', 200),
            (f'"x,y",{etag}', 200),
            (f'W/"x", {etag}', 200),
            (f"W/{etag}", 412),
            (f'"x", W/{etag}', 412),
            ('"x"', 412),
            ('""', 412),
            (etag.replace('"', ""), 412),
            (etag[:-1], 412),
            (f'"x{etag[1:]}', 412),
            (etag.upper() if etag.upper() != etag else '"x"', 412),
            ("", 412),
        ):
            answered(server, [("If-Match", value)], status, method)


def section_9110_13_1_2_if_none_match(server):
    etag = tag(server)
    for method in ("GET", "HEAD"):
        for value, status in (
            ("*", 304),
            (etag, 304),
            (f"W/{etag}", 304),
            (f'"x", W/{etag}', 304),
            (f'{etag}, "x"', 304),
            (f'"x,y" , {etag}', 304),
            ('"x"', 200),
            ('W/"x"', 200),
            ('""', 200),
            (etag.replace('"', ""), 200),
            (f"w/{etag}", 200),
            (f"W/ {etag}", 200),
            (f'"x{etag[1:]}', 200),
            ("", 200),
        ):
            response = answered(server, [("If-None-Match", value)], status, method)
            equal(response.fields["etag"], etag, f"the tag of a {status}")


def section_9110_13_1_3_if_modified_since(server):
    for method in ("GET", "HEAD"):
        for date, status in ((BEFORE, 200), (AT, 304), (AFTER, 304)):
            answered(server, [("If-Modified-Since", date)], status, method)
        for date in NO_DATES:
            answered(server, [("If-Modified-Since", date)], 200, method)
        answered(server, 2 * [("If-Modified-Since", AT)], 200, method)


def section_9110_13_1_3_no_date(server):
    """A page that is made for the request has neither date nor tag."""
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        for date in (BEFORE, AFTER, "Fri, 31 Dec 9999 23:59:59 GMT"):
            response = answered(server, [(name, date)], 200, target="/folder/")
            check("last-modified" not in response.fields, "a listing has no date")
    answered(server, [("If-Match", "*")], 200, target="/folder/")
    answered(server, [("If-None-Match", "*")], 304, target="/folder/")
    answered(server, [("If-Match", '"x"')], 412, target="/folder/")


def section_9110_13_1_4_if_unmodified_since(server):
    for method in ("GET", "HEAD"):
        for date, status in ((BEFORE, 412), (AT, 200), (AFTER, 200)):
            answered(server, [("If-Unmodified-Since", date)], status, method)
        for date in NO_DATES:
            answered(server, [("If-Unmodified-Since", date)], 200, method)
        answered(server, 2 * [("If-Unmodified-Since", BEFORE)], 200, method)


def section_9110_13_1_5_if_range(server):
    etag = tag(server)
    for value, status in (
        (etag, 206),
        (f"W/{etag}", 200),
        ('"x"', 200),
        ("*", 200),
        (f'{etag}, "x"', 200),
        (etag[:-1], 200),
        (AT, 206),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 206),
        (BEFORE, 200),
        (AFTER, 200),
        *((date, 200) for date in NO_DATES),
    ):
        response = answered(server, [("Range", "bytes=0-4"), ("If-Range", value)], status)
        equal(response.body, HELLO[:5] if status == 206 else HELLO, f"the body for {value}")
    answered(server, [("Range", "bytes=0-4"), ("If-Range", etag), ("If-Range", etag)], 200)
    answered(server, [("Range", "bytes=99-"), ("If-Range", etag)], 416)
    answered(server, [("Range", "bytes=99-"), ("If-Range", '"x"')], 200)


def section_9110_13_1_5_without_range(server):
    for value in ('"x"', BEFORE, "x", tag(server)):
        equal(answered(server, [("If-Range", value)], 200).body, HELLO, "the body")
        answered(server, [("If-Range", value), ("Range", "bytes=0-4")], 200, "HEAD")


def section_9110_13_2_1_other_answers(server):
    for target, status in (("/missing", 404), ("/folder", 301), ("/%zz", 400)):
        for fields in (
            [("If-Match", "*")],
            [("If-Match", '"x"')],
            [("If-None-Match", "*")],
            [("If-Unmodified-Since", BEFORE)],
            [("If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT")],
            [("Range", "bytes=99-"), ("If-Range", '"x"')],
        ):
            answered(server, fields, status, target=target)


def section_9110_13_2_1_other_methods(server):
    for field in (("If-Match", '"x"'), ("If-None-Match", "*"), ("If-Unmodified-Since", BEFORE)):
        fields = [field]
        answered(server, fields, 405, "POST")
        answered(server, fields, 405, "TRACE")
        answered(server, fields, 204, "OPTIONS")
        answered(server, fields, 204, "OPTIONS", "*")


def expected(method, if_match, if_unmodified, if_none_match, if_modified, ranged, if_range):
    """Section 13.2.2, in its words. Each condition is None or whether it is true."""
    if if_match is not None:
        if not if_match:
            return 412
    elif if_unmodified is not None:
        if not if_unmodified:
            return 412
    if if_none_match is not None:
        if not if_none_match:
            return 304
    elif if_modified is not None:
        if not if_modified:
            return 304
    if method == "GET" and ranged and if_range is not False:
        return 206
    return 200


def section_9110_13_2_2_order(server):
    etag = tag(server)
    conditions = (
        ("If-Match", {True: etag, False: '"x"'}),
        ("If-Unmodified-Since", {True: AT, False: BEFORE}),
        ("If-None-Match", {True: '"x"', False: etag}),
        ("If-Modified-Since", {True: BEFORE, False: AT}),
        ("Range", {True: "bytes=0-4"}),
        ("If-Range", {True: etag, False: '"x"'}),
    )
    choices = [(None, *values) for _, values in conditions]
    with server.connect() as client:
        for method in ("GET", "HEAD"):
            for chosen in itertools.product(*choices):
                fields = "".join(
                    f"{name}: {values[choice]}\r\n"
                    for (name, values), choice in reversed([*zip(conditions, chosen)])
                    if choice is not None
                )
                response = client.get("/hello.txt", method, fields)
                what = f"the status of {method} with {fields!r}"
                equal(response.status, expected(method, *chosen), what)


with web_server("--listing", files={"folder/inside.txt": b""}) as server:
    os.utime(server.root / "hello.txt", (THEN, THEN))
    sections(globals(), server)

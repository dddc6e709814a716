#!/usr/bin/env python3
"""What RFC 9110 (HTTP semantics) demands of a server that serves files, section by section: what
MUST be and MUST NOT be, and what this server does where there is a choice. Sections 13 and 14 are
web_rfc9110_conditions.py's and web_rfc9110_ranges.py's.

2       conformance: by what follows; grammar           every response of every test (http_kit)
3.3     connections share nothing: there are no users
4.1     targets of 8,000 bytes                          web_rfc9112.py, 3
4.2     no empty host, no user                          web_rfc9112.py, 3.2.2
4.3     who may answer for a host: clients
5.1     unknown fields are ignored, names in any case   section_9110_5_1_names
5.2     repeated fields are one list                    section_9110_5_3_repeated_fields
5.3     nothing is done before the head is whole        section_9110_5_3_whole_head
        no field twice                                  every response of every test (http_kit)
5.4     more fields than wanted: 4xx                    section_9110_5_4_large_fields
5.5     no CR, LF and NUL in values                     section_9110_5_5_values
5.6.1   empty elements of lists are ignored, but in     section_9110_5_6_1_empty_elements
        Transfer-Encoding, which is refused (as all that others could frame differently)
5.6.3   bad blanks are accepted                         web_rfc9112.py, 7.1.1
5.6.4   quoted strings: in no field that is read; a tag is none
5.6.7   dates in three forms                            section_9110_5_6_7_dates
        two digits of a year                            section_9110_5_6_7_two_digits
        sent are dates in one of them                   section_9110_5_6_7_dates_sent
6.2     the version of the server                       every response of every test (http_kit)
6.4     1xx, 204, 304 and HEAD have no content          every response of every test (http_kit)
6.5     trailers                                        web_rfc9112.py, 7.1.2
6.6.1   Date                                            section_9110_6_6_1_date
6.6.2   Trailer: never sent
7.1     forms of targets                                web_rfc9112.py, 3.2
7.2     Host                                            web_rfc9112.py, 3.2
7.3     inbound: clients
7.4     https: is not answered in the clear: 421        section_9110_7_4_https_in_the_clear
7.5     responses belong to requests in order           web_rfc9112.py, 9.3.2
7.6     forwarding, 7.7 transforming: proxies
7.8     Upgrade is ignored                              section_9110_7_8_upgrade
8.3     Content-Type                                    web_files.py
8.3.3   multipart                                       web_rfc9110_ranges.py
8.4     Content-Encoding says how it is encoded         section_9110_8_4_content_encoding
8.5     Content-Language: not known
8.6     Content-Length of HEAD and 304                  section_9110_9_3_2_head
8.7     Content-Location in a request changes nothing   section_9110_8_7_content_location
8.8.1   validators change with what they validate       section_9110_8_8_1_validators
8.8.2   Last-Modified is not in the future              section_9110_8_8_2_last_modified
8.8.3   another tag for another encoding                section_9110_8_4_content_encoding
9.1     GET and HEAD; other methods                     section_9110_9_1_methods
9.2     safe methods: nothing here changes anything
9.3.1   GET with content                                web_rfc9112.py, 6
9.3.2   HEAD is GET without content                     section_9110_9_3_2_head
9.3.3   POST, PUT, DELETE: 405                          section_9110_9_1_methods
9.3.6   CONNECT: 501                                    section_9110_9_1_methods
9.3.7   OPTIONS                                         section_9110_9_3_7_options
9.3.8   TRACE: 405                                      section_9110_9_1_methods
10.1.1  100-continue: a final status at once            section_9110_10_1_1_expect
        not in HTTP/1.0                                 section_9110_10_1_1_expect_in_1_0
        another expectation: 417                        section_9110_10_1_1_other_expectation
10.1.2  From, Referer, TE, User-Agent: served alike     section_9110_5_1_names
10.2.1  Allow                                           section_9110_9_1_methods
10.2.2  Location                                        section_9110_15_4_2_location
10.2.3  Retry-After: with 503 only                      web_clients.py
10.2.4  Server: one word
11      authentication: there is none                   section_9110_5_1_names
12.4.2  weights                                         section_9110_12_5_3_accept_encoding
12.5.1  Accept, -Charset, -Language: one file for all   section_9110_5_1_names
12.5.3  Accept-Encoding                                 section_9110_12_5_3_accept_encoding
12.5.5  Vary                                            section_9110_12_5_5_vary
13      conditions                                      web_rfc9110_conditions.py
14      ranges                                          web_rfc9110_ranges.py
15.2    no 1xx to HTTP/1.0                              section_9110_10_1_1_expect_in_1_0
15.3.7  206                                             web_rfc9110_ranges.py
15.4.2  301 with Location                               section_9110_15_4_2_location
15.4.5  304 with the fields of 200                      section_9110_15_4_5_not_modified
15.5    4xx and 5xx say what is wrong, to GET alone     section_9110_15_5_explanations
15.5.6  405 with Allow                                  section_9110_9_1_methods
15.5.9  408                                             web_clients.py
15.5.17 416                                             web_rfc9110_ranges.py
16      extensions: none
17      security                                        web_paths.py, web_rfc9110_ranges.py
"""

import gzip
import os
import re
import select
import time
from email.utils import formatdate, parsedate_to_datetime

from http_kit import DATE
from web_kit import *

PAGE = b"".join(b"<p>line %d of a page</p>\n" % n for n in range(400))
FILES = {
    "page.html": PAGE,
    "beside.txt": PAGE,
    "folder/inside.txt": b"inside",
    "small.html": b"<p>",
    "picture.png": bytes(5000),
}
THEN = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT


def served_with(server, target, fields, method, status):
    return served(server, request(target, method, fields), status)


def get(server, target, fields="", method="GET"):
    return served_with(server, target, fields, method, 200)


# ---- 5: fields -----------------------------------------------------------------------------------


def section_9110_5_1_names(server):
    for line in (
        "X-Unknown: y", "x: ", "Accept: image/png", "Accept: nothing/*;q=0",
        "Accept-Charset: utf-16", "Accept-Language: tlh", "Authorization: Basic eDp5",
        "Proxy-Authorization: x", "Cookie: a=b", "From: x", "Referer: \\", "TE: trailers",
        "User-Agent: ()", "Max-Forwards: 0", "Via: 1.0 x", "Cache-Control: only-if-cached",
        "Pragma: no-cache", "Date: yesterday", "Trailer: Host", "Content-Type: x",
        "Content-Encoding: gzip", "Content-Range: bytes 0-1/2", "Server: x",
        "Transfer-Encodings: chunked", "Content_Length: 5", "XHost: i", "Hos: i", "Hostt: i",
    ):
        equal(get(server, "/hello.txt", line + "\r\n").body, HELLO, f"the body with {line}")
    etag = get(server, "/hello.txt").fields["etag"]
    for name in ("if-none-match", "IF-NONE-MATCH", "iF-nOnE-mAtCh"):
        served_with(server, "/hello.txt", f"{name}: {etag}\r\n", "GET", 304)
    served(server, b"GET /hello.txt HTTP/1.1\r\nhOST: h\r\n\r\n")


def section_9110_5_3_repeated_fields(server):
    etag = get(server, "/hello.txt").fields["etag"]
    two = f'If-None-Match: "x"\r\nX: y\r\nif-none-match: "y", {etag}\r\n'
    served_with(server, "/hello.txt", two, "GET", 304)
    served_with(server, "/hello.txt", two.replace("None-", "").replace("none-", ""), "GET", 200)
    two = "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n"
    equal(get(server, "/page.html", two).fields.get("content-encoding"), "gzip", "the encoding")


def section_9110_5_3_whole_head(server):
    with server.connect() as client:
        client.send("GET /hello.txt HTTP/1.1\r\nHost: h\r\n")
        get(server, "/hello.txt")
        check(not select.select([client.socket], [], [], 0)[0], "nobody answers half a head")
        client.send("If-None-Match: *\r\n\r\n")
        equal(client.response().status, 304, "the status by the last field")


def section_9110_5_4_large_fields(server):
    for fields in (
        "X: " + 9000 * "y" + "\r\n",
        9000 * "X" + ": y\r\n",
        1000 * "X: yyyyyyy\r\n",
        "X:" + 9000 * " " + "\r\n",
        "Cookie: " + 60000 * "y" + "\r\n",
    ):
        refused(server, request("/hello.txt", fields=fields), 431)
    get(server, "/hello.txt", "X: " + 7000 * "y" + "\r\n")
    get(server, "/hello.txt", 1000 * "X: y\r\n")


def section_9110_5_5_values(server):
    for value in (b"a\0b", b"\0", b"a\rb", b"a\nb", b"a\x01b", b"a\x1fb", b"a\x7fb", b"a\x0bb"):
        for name in (b"X", b"User-Agent", b"If-None-Match"):
            line = name + b": " + value + b"\r\n"
            refused(server, b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n")
    for value in (b"a\tb", b"\xe9", b"\x80\xff", "\u00e9".encode(), b'"', b"\\", b"a  b"):
        for name in (b"X", b"User-Agent", b"Referer"):
            line = name + b": " + value + b"\r\n"
            served(server, b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n" + line + b"\r\n")
    etag = get(server, "/hello.txt").fields["etag"]
    for blanks in (" ", "\t", " \t "):
        line = f"If-None-Match:{blanks}{etag}{blanks}\r\n"
        served_with(server, "/hello.txt", line, "GET", 304)


def section_9110_5_6_1_empty_elements(server):
    etag = get(server, "/hello.txt").fields["etag"]
    for value in (f",{etag}", f", ,{etag}", f"{etag},", f'"x",,\t,{etag} , ,'):
        served_with(server, "/hello.txt", f"If-None-Match: {value}\r\n", "GET", 304)
        served_with(server, "/hello.txt", f"If-Match: {value}\r\n", "GET", 200)
    for value in (",gzip", "gzip, ,", ", ,\t,gzip"):
        fields = get(server, "/page.html", f"Accept-Encoding: {value}\r\n").fields
        equal(fields.get("content-encoding"), "gzip", f"the encoding for {value}")
    for value in ("bytes=,0-1", "bytes=0-1,", "bytes=, ,0-1 ,"):
        response = served_with(server, "/hello.txt", f"Range: {value}\r\n", "GET", 206)
        equal(response.body, b"he", f"the body for {value}")
    refused(server, request("/hello.txt", fields="Connection: , ,close,\r\n"), 200)


def section_9110_5_6_7_dates(server):
    os.utime(server.root / "small.html", (THEN, THEN))
    for date, status in (
        ("Sun, 06 Nov 1994 08:49:37 GMT", 304),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 304),
        ("Sun Nov  6 08:49:37 1994", 304),
        ("Sun, 06 Nov 1994 08:49:36 GMT", 200),
        ("Sunday, 06-Nov-94 08:49:36 GMT", 200),
        ("Sun Nov  6 08:49:36 1994", 200),
        ("Mon, 06 Nov 1995 08:49:37 GMT", 304),
        ("Sun, 06 Nov 1994 23:59:60 GMT", 304),
        ("Tue, 29 Feb 2000 00:00:00 GMT", 304),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 304),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
    ):
        until_seen(server, "/small.html", THEN)
        field = f"If-Modified-Since: {date}\r\n"
        served_with(server, "/small.html", field, "GET", status)


def until_seen(server, target, modified):
    def seen():
        fields = server.get(target).fields
        return fields["last-modified"] == formatdate(modified, usegmt=True)

    until(seen, f"{target} has another date")


def section_9110_5_6_7_two_digits(server):
    """More than 50 years ahead is in the past."""
    os.utime(server.root / "small.html", (THEN, THEN))
    until_seen(server, "/small.html", THEN)
    year = time.gmtime().tm_year
    for ahead, status in ((1, 304), (49, 304), (51, 200), (60, 200), (70, 200)):
        date = f"Sunday, 06-Nov-{(year + ahead) % 100:02} 08:49:37 GMT"
        if ahead > 50 and year + ahead - 100 >= 1994:
            status = 304
        field = f"If-Modified-Since: {date}\r\n"
        served_with(server, "/small.html", field, "GET", status)


def section_9110_5_6_7_dates_sent(server):
    fields = get(server, "/hello.txt").fields
    for name in ("date", "last-modified"):
        text = fields[name]
        check(re.fullmatch(DATE, text), f"{text} is a date")
        equal(formatdate(seconds_of(text), usegmt=True), text, f"the day of the week of {name}")
    changed = (server.root / "hello.txt").stat().st_mtime
    equal(seconds_of(fields["last-modified"]), int(changed), "Last-Modified")


def seconds_of(date):
    return int(parsedate_to_datetime(date).timestamp())


# ---- 6, 7: messages and targets ------------------------------------------------------------------


def section_9110_6_6_1_date(server):
    before = int(time.time()) - 1
    for data, status in (
        (request("/hello.txt"), 200),
        (request("/folder"), 301),
        (request("/hello.txt", fields="If-None-Match: *\r\n"), 304),
        (request("/missing"), 404),
        (request("*", "OPTIONS"), 204),
    ):
        date = seconds_of(served(server, data, status).fields["date"])
        check(before <= date <= time.time() + 1, f"the date of a {status} is now")


def section_9110_7_4_https_in_the_clear(server):
    for target in ("https://h/hello.txt", "HTTPS://h/hello.txt", "https://h"):
        served(server, request(target), 421)


def section_9110_7_8_upgrade(server):
    for protocol in ("h2c", "websocket", "TLS/1.0", "HTTP/2.0", ""):
        for version in ("1.1", "1.0"):
            fields = f"Connection: Upgrade, keep-alive\r\nUpgrade: {protocol}\r\n"
            response = served(server, request("/hello.txt", fields=fields, version=version))
            check(not response.interim and "upgrade" not in response.fields, "nothing is upgraded")


# ---- 8: representations --------------------------------------------------------------------------


def section_9110_8_4_content_encoding(server):
    plain = get(server, "/page.html")
    check("content-encoding" not in plain.fields, "identity is not named")
    packed = get(server, "/page.html", "Accept-Encoding: gzip\r\n")
    equal(packed.fields["content-encoding"], "gzip", "the encoding")
    equal(gzip.decompress(packed.body), PAGE, "the body, unpacked")
    equal(packed.fields["content-type"], plain.fields["content-type"], "the type of both")
    check(packed.fields["etag"] != plain.fields["etag"], "each encoding has its tag")


def section_9110_8_7_content_location(server):
    equal(get(server, "/hello.txt", "Content-Location: /page.html\r\n").body, HELLO, "the body")


def section_9110_8_8_1_validators(server):
    """Of two versions of one size and one second the tags differ, also when only one byte does."""
    path = server.root / "changing.txt"
    seen = {}
    for n in range(5):
        content = b"version %d" % n
        write(path, content)
        nanoseconds = THEN * 10**9 + n
        os.utime(path, ns=(nanoseconds, nanoseconds))
        until(lambda: server.get("/changing.txt").body == content, "the change is noticed")
        response = get(server, "/changing.txt")
        seen[response.fields["etag"]] = response.body
        equal(response.fields["last-modified"], formatdate(THEN, usegmt=True), "Last-Modified")
    equal(len(seen), 5, "the number of tags of 5 versions")
    check(all(re.fullmatch(r'"[!#-~]*"', etag) for etag in seen), f"{list(seen)} are strong tags")


def section_9110_8_8_2_last_modified(server):
    """A file of the future is as old as the response."""
    path = server.root / "future.txt"
    write(path, b"future")
    os.utime(path, (time.time() + 100000,) * 2)
    fields = get(server, "/future.txt").fields
    changed, sent = (seconds_of(fields[name]) for name in ("last-modified", "date"))
    check(changed <= sent, f"{changed} is not later than {sent}")


# ---- 9: methods ----------------------------------------------------------------------------------


def section_9110_9_1_methods(server):
    equal(get(server, "/hello.txt").body, HELLO, "the body of GET")
    equal(get(server, "/hello.txt", method="HEAD").body, b"", "the body of HEAD")
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        for target in ("/hello.txt", "/page.html"):
            response = served_with(server, target, "", method, 405)
            allowed = set(response.fields["allow"].split(", "))
            equal(allowed, {"GET", "HEAD", "OPTIONS"}, f"what is allowed instead of {method}")
    for method in ("BREW", "get", "head", "GETS"):
        refused(server, request("/hello.txt", method), 501)
    for target in ("h:80", "h:", "h", "h:x", "/hello.txt", "*"):
        refused(server, request(target, "CONNECT"), 501)
    equal((server.root / "hello.txt").read_bytes(), HELLO, "the file after all that")


def section_9110_9_3_2_head(server):
    etag = get(server, "/hello.txt").fields["etag"]
    for target, fields in (
        ("/hello.txt", ""),
        ("/page.html", ""),
        ("/page.html", "Accept-Encoding: gzip\r\n"),
        ("/missing", ""),
        ("/folder", ""),
        ("/folder/", ""),
        ("/%zz", ""),
        ("/hello.txt", f"If-None-Match: {etag}\r\n"),
        ("/hello.txt", 'If-Match: "x"\r\n'),
    ):
        one = server.get(target, "GET", fields)
        other = served_with(server, target, fields, "HEAD", one.status)
        for response in (one, other):
            response.fields.pop("date")
        equal(other.fields, one.fields, f"the fields of HEAD {target}")
    for data, status in (
        (b"HEAD /hello.txt HTTP/1.1\r\n\r\n", 400),
        (b"HEAD /hello.txt HTTP/1.1\nHost: h\n\n", 400),
        (b"HEAD * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (request("/" + 9000 * "a", "HEAD"), 414),
        (request("/hello.txt", "HEAD", "X: " + 9000 * "y" + "\r\n"), 431),
        (request("/hello.txt", "HEAD", "Content-Length: 70000\r\n"), 413),
        (request("/hello.txt", "HEAD", version="2.0"), 505),
    ):
        refused(server, data, status)


def section_9110_9_3_7_options(server):
    etag = get(server, "/hello.txt").fields["etag"]
    for target in ("*", "/hello.txt", "/page.html", "http://h/hello.txt?x"):
        for fields in ("", f"If-None-Match: {etag}\r\n", "Range: bytes=99-\r\n"):
            response = served_with(server, target, fields, "OPTIONS", 204)
            check("GET" in response.fields["allow"], f"OPTIONS {target} says what is allowed")


# ---- 10: expectations ----------------------------------------------------------------------------


def section_9110_10_1_1_expect(server):
    """A final status comes at once, and the body is not waited for; nothing of it is a request."""
    for method, status in (("POST", 405), ("PUT", 405), ("GET", 200)):
        for expect in ("100-continue", "100-Continue", ", 100-continue"):
            fields = f"Expect: {expect}\r\nContent-Length: 5\r\n"
            with server.connect() as client:
                client.request("/hello.txt", method, fields)
                response = client.response()
                equal(response.status, status, f"the status of {method}")
                check(not response.interim, "nobody is asked for a body that is not wanted")
                check(response.closes and client.closed(), "the connection ends")
            refused(server, request("/hello.txt", method, fields, b"GET /"), status)
    fields = "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"
    refused(server, request("/hello.txt", "POST", fields, b"5\r\nGET /\r\n0\r\n\r\n"), 405)
    refused(server, request("/x", "POST", "Expect: 100-continue\r\nContent-Length: 70000\r\n"), 413)
    for fields in ("Expect: 100-continue\r\n", "Expect: 100-continue\r\nContent-Length: 0\r\n"):
        get(server, "/hello.txt", fields)


def section_9110_10_1_1_expect_in_1_0(server):
    fields = "Expect: 100-continue\r\nContent-Length: 5\r\nConnection: keep-alive\r\n"
    data = request("/hello.txt", "POST", fields, b"hello", version="1.0")
    check(not served(server, data, 405).interim, "HTTP/1.0 gets no 1xx")


def section_9110_10_1_1_other_expectation(server):
    for expect in ("x", "100-continue, x", "100-continue=y", "200-ok"):
        refused(server, request("/hello.txt", fields=f"Expect: {expect}\r\n"), 417)


# ---- 12: negotiation -----------------------------------------------------------------------------


def section_9110_12_5_3_accept_encoding(server):
    for value, encoding in (
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("deflate, br", None),
        ("gzip;q=0", None),
        ("gzip;q=0.0", None),
        ("gzip;q=0.000", None),
        ("gzip;q=0.001", "gzip"),
        ("gzip;Q=0", None),
        ("gzip ; q=1.000", "gzip"),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("identity;q=0.5, gzip;q=1", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("*;q=0, gzip", "gzip"),
        ("*, gzip;q=0", None),
        ("gzipped", None),
        ("xgzip", None),
    ):
        fields = f"Accept-Encoding: {value}\r\n" if value is not None else ""
        for target in ("/page.html", "/beside.txt"):
            response = get(server, target, fields)
            found = response.fields.get("content-encoding")
            equal(found, encoding, f"the encoding of {target} for {value}")
            body = gzip.decompress(response.body) if encoding else response.body
            check(body == PAGE, f"the content of {target} for {value}")


def section_9110_12_5_5_vary(server):
    for target, fields, status in (
        ("/page.html", "", 200),
        ("/page.html", "Accept-Encoding: gzip\r\n", 200),
        ("/page.html", "If-None-Match: *\r\n", 304),
        ("/page.html", "Range: bytes=0-1\r\n", 206),
        ("/beside.txt", "", 200),
        ("/small.html", "", 200),
    ):
        vary = served_with(server, target, fields, "GET", status).fields.get("vary", "")
        equal(vary.lower(), "accept-encoding", f"Vary of {target} with {fields!r}")
    check("vary" not in get(server, "/picture.png").fields, "a picture does not vary")


# ---- 15: statuses --------------------------------------------------------------------------------


def section_9110_15_4_2_location(server):
    for target in ("/folder", "/folder?x=y", "http://other/folder"):
        location = served_with(server, target, "", "GET", 301).fields["location"]
        equal(location, "./folder/" + ("?x=y" if "?" in target else ""), "Location")


def section_9110_15_4_5_not_modified(server):
    for fields in ("", "Accept-Encoding: gzip\r\n"):
        whole = get(server, "/page.html", fields)
        tag = f"If-None-Match: {whole.fields['etag']}\r\n"
        response = served_with(server, "/page.html", fields + tag, "GET", 304)
        for name in ("etag", "vary", "cache-control", "expires", "content-location"):
            equal(response.fields.get(name), whole.fields.get(name), f"{name} of a 304")
        check("content-length" not in response.fields, "a 304 has no length")


def section_9110_15_5_explanations(server):
    for data, status in (
        (request("/%zz"), 400),
        (request("/folder/"), 403),
        (request("/missing"), 404),
        (request("/hello.txt", "POST"), 405),
        (request("/hello.txt", fields='If-Match: "x"\r\n'), 412),
        (request("/hello.txt", fields="Range: bytes=99-\r\n"), 416),
        (request("https://h/"), 421),
    ):
        explained(served(server, data, status))
    for data, status in (
        (b"nonsense\r\n\r\n", 400),
        (request("/x", "POST", "Content-Length: 70000\r\n"), 413),
        (request("/" + 9000 * "a"), 414),
        (request("/x", fields="Expect: x\r\n"), 417),
        (request("/x", fields="X: " + 9000 * "y" + "\r\n"), 431),
        (request("/x", "BREW"), 501),
        (request("/x", version="2.0"), 505),
    ):
        explained(refused(server, data, status))


def explained(response):
    equal(response.fields["content-type"], "text/html; charset=utf-8", "the type of an error")
    check(str(response.status).encode() in response.body, f"the page of {response.status} says it")


with web_server("--gzip", files=FILES) as server:
    write(server.root / "beside.txt.gz", gzip.compress(PAGE))
    sections(globals(), server)

#!/usr/bin/env python3
"""What RFC 9112 (HTTP/1.1) demands of a server, section by section: what MUST be and MUST NOT be,
and what this server does where there is a choice.

2.1     what is sent is a message by the grammar        every response of every test (http_kit)
2.2     bare CR: refused                                section_9112_2_2_bare_cr
        bare LF: refused (it may be)                    section_9112_2_2_bare_lf
        empty lines before a request: ignored           section_9112_2_2_empty_lines
        a blank before the first field: refused         section_9112_2_2_blank_before_fields
        what is no request: 400                         section_9112_2_2_no_request
2.3     the version, in capitals                        section_9112_2_3_version
3       one SP between method, target and version       section_9112_3_request_line
        a method that is longer than any: 501           section_9112_3_long_method
        a target that is too long: 414                  section_9112_3_long_target
        lines of 8,000 bytes                            section_9112_3_line_of_8000
3.1     methods are in capitals                         section_9112_3_1_method
3.2     an invalid target: 400                          section_9112_3_2_target
        no Host, two, an invalid one: 400               section_9112_3_2_host
3.2.1   origin form                                     section_9112_3_2_1_origin_form
3.2.2   absolute form: its host counts, not Host        section_9112_3_2_2_absolute_form
3.2.3   authority form: for proxies                     section_9112_3_2_3_authority_form
3.2.4   *                                               section_9112_3_2_4_asterisk_form
3.3     rules for finding out the host: there is one set of files for all
4       status line                                     every response of every test (http_kit)
5       names of fields                                 section_9112_5_names
5.1     a blank before the colon: 400                   section_9112_5_1_blank_before_colon
        blanks around a value are not part of it        section_9112_5_1_blanks_around_values
5.2     folded lines: 400                               section_9112_5_2_folded_lines
6       a body belongs to its request                   section_9112_6_body
6.1     chunked is understood, whatever its case        section_9112_6_1_chunked
        other codings: 501                              section_9112_6_1_unknown_coding
        a length as well: refused                       section_9112_6_1_coding_and_length
        in HTTP/1.0: refused                            section_9112_6_1_coding_in_1_0
        none to HTTP/1.0, none in 1xx and 204           every response of every test (http_kit)
6.2     no length beside a coding                       every response of every test (http_kit)
6.3     1-3, 8: bodies of responses                     every response of every test (http_kit)
        4: chunked is not the last coding: 400          section_9112_6_3_chunked_not_last
        5: an invalid length: 400                       section_9112_6_3_invalid_length
        5: two lengths: 400                             section_9112_6_3_two_lengths
        6: a length is exact                            section_9112_6_3_length
        6: less than that: it does not count            section_9112_6_3_short_body
        7: none of both: there is no body               section_9112_6_3_no_body
7.1     chunks of all sizes                             section_9112_7_1_chunks
        malformed ones: 400                             section_9112_7_1_malformed_chunks
        sizes beyond any number                         section_9112_7_1_huge_sizes
7.1.1   extensions are ignored                          section_9112_7_1_1_extensions
7.1.2   trailers are no fields of the request           section_9112_7_1_2_trailers
7.1.3   decoding: the content of requests is not used; of those to scripts web_php.py looks at it
7.2     gzip, deflate, compress: not spoken, as 6.1     section_9112_6_1_unknown_coding
7.3     the registry: no matter of servers
7.4     TE is ignored                                   section_9112_7_4_te
8       incomplete requests                             section_9112_8_incomplete
9.1     who is told what: each request, once            section_9112_9_3_2_pipelining
9.2     the same
9.3     what decides whether a connection goes on       section_9112_9_3_persistence
        a body that is not read: it ends                section_9112_9_3_unread_body
9.3.1   trying again: clients
9.3.2   pipelining: answers in order                    section_9112_9_3_2_pipelining
9.4     how many connections: clients
9.5     time-outs                                       web_clients.py
9.6     nothing is done after "close"                   section_9112_9_6_close
        an answer is not lost by a reset                section_9112_9_6_answer_before_reset
9.7     TLS                                             web_tls.py
9.8     closing TLS                                     web_tls.py
10      message/http and application/http: not used
11.1    responses cannot be split                       section_9112_11_1_response_splitting
11.2    smuggling                                       sections 5 to 7
"""

from web_kit import *

FILES = {
    "index.html": b"<!DOCTYPE html><title>index</title>",
    "q?x": b"question",
    "a\r\nX: y/inside": b"",
}


def post(fields, body=b"", version="1.1"):
    return request("/hello.txt", "POST", fields, body, version)


def chunked(body):
    return post("Transfer-Encoding: chunked\r\n", body)


# ---- 2: messages ---------------------------------------------------------------------------------


def section_9112_2_2_bare_cr(server):
    for data in (
        b"GET /hello.txt HTTP/1.1\rHost: h\r\n\r\n",
        b"GET /hello.txt\r HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\r\nHost: h\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nX\r: y\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: y\r\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\r\n",
        b"\rGET /hello.txt HTTP/1.1\r\nHost: h\r\n\r\n",
    ):
        refused(server, data)


def section_9112_2_2_bare_lf(server):
    for data in (
        b"GET /hello.txt HTTP/1.1\nHost: h\n\n",
        b"GET /hello.txt HTTP/1.1\nHost: h\r\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\n\r\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\r\n\n",
        b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nX: a\nY: b\r\n\r\n",
        b"\nGET /hello.txt HTTP/1.1\r\nHost: h\r\n\r\n",
    ):
        refused(server, data)


def section_9112_2_2_empty_lines(server):
    for count in (1, 2, 100):
        served(server, count * b"\r\n" + request("/hello.txt"))
        served(server, request("/hello.txt") + count * b"\r\n")
    served(server, post("Content-Length: 2\r\n", b"ok") + b"\r\n", 405)


def section_9112_2_2_blank_before_fields(server):
    for blank in (b" ", b"\t", b"  \t"):
        refused(server, b"GET /hello.txt HTTP/1.1\r\n" + blank + b"Host: h\r\n\r\n")
        refused(server, b"GET /hello.txt HTTP/1.1\r\n" + blank + b"X: y\r\nHost: h\r\n\r\n")
        refused(server, b"GET /hello.txt HTTP/1.1\r\n" + blank + b"\r\nHost: h\r\n\r\n")


def section_9112_2_2_no_request(server):
    for data in (
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /hello.txt\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32)) + b"\r\n\r\n",
        bytes(64) + b"\r\n\r\n",
        b": \r\n\r\n",
        b" \r\n\r\n",
    ):
        refused(server, data)
    refused(server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)


def section_9112_2_3_version(server):
    for minor in range(1, 10):
        served(server, request("/hello.txt", version=f"1.{minor}"))
    for version, status in (
        ("HTTP/0.9", 505),
        ("HTTP/2.0", 505),
        ("HTTP/3.0", 505),
        ("HTTP/9.9", 505),
        ("http/1.1", 400),
        ("Http/1.1", 400),
        ("HTTP/1", 400),
        ("HTTP/1.", 400),
        ("HTTP/.1", 400),
        ("HTTP/1.10", 400),
        ("HTTP/01.1", 400),
        ("HTTP/1,1", 400),
        ("HTTP/ 1.1", 400),
        ("HTTP /1.1", 400),
        ("HTTP/+1.1", 400),
        ("HTTPS/1.1", 400),
        ("ICY/1.1", 400),
    ):
        refused(server, f"GET /hello.txt {version}\r\nHost: h\r\n\r\n".encode(), status)


# ---- 3: the request line -------------------------------------------------------------------------


def section_9112_3_request_line(server):
    for line in (
        "GET  /hello.txt HTTP/1.1",
        "GET /hello.txt  HTTP/1.1",
        "GET\t/hello.txt HTTP/1.1",
        "GET /hello.txt\tHTTP/1.1",
        "GET\v/hello.txt HTTP/1.1",
        "GET\f/hello.txt HTTP/1.1",
        " GET /hello.txt HTTP/1.1",
        "GET /hello.txt HTTP/1.1 ",
        "GET /hello.txt HTTP/1.1\t",
        "GET /hello.txt HTTP/1.1 x",
        "/hello.txt HTTP/1.1",
        "G\0T /hello.txt HTTP/1.1",
        "G,T /hello.txt HTTP/1.1",
        "G(T /hello.txt HTTP/1.1",
        "G\u00c9T /hello.txt HTTP/1.1",
    ):
        refused(server, f"{line}\r\nHost: h\r\n\r\n".encode())


def section_9112_3_long_method(server):
    for length in (24, 100, 1000):
        refused(server, request("/hello.txt", length * "M"), 501)


def section_9112_3_long_target(server):
    for length in (9000, 60000, 1000000):
        refused(server, request("/" + length * "a"), 414)
        refused(server, request("/hello.txt?" + length * "q"), 414)
    with server.connect() as client:  # without an end
        client.send("GET /" + 20000 * "a")
        equal(client.response().status, 414, "the status of a line without an end")


def section_9112_3_line_of_8000(server):
    query = (8000 - len("GET /hello.txt? HTTP/1.1")) * "q"
    equal(served(server, request("/hello.txt?" + query)).body, HELLO, "the body")


def section_9112_3_1_method(server):
    for method in ("get", "Get", "GETT", "GE", "BREW", "!", "get!#$%&'*+-.^_`|~0"):
        refused(server, request("/hello.txt", method), 501)


def section_9112_3_2_target(server):
    for target in (
        "hello.txt",
        "?x",
        "\\hello.txt",
        "/hello.txt#part",
        "/hello .txt",
        "/hello\t.txt",
        "/hello\x01.txt",
        "/hello\x7f.txt",
        "/hello\0.txt",
        "/h\u00e9llo.txt",
        "*/hello.txt",
        "**",
    ):
        refused(server, request(target))


def section_9112_3_2_host(server):
    def asked(*hosts, version="1.1"):
        lines = "".join(f"Host: {host}\r\n" for host in hosts)
        return f"GET /hello.txt HTTP/{version}\r\n{lines}\r\n".encode()

    for hosts in ([], ["h", "h"], ["h", "i"], ["", "h"], ["h", ""]):
        refused(server, asked(*hosts))
    refused(server, asked("h", "h", version="1.0"))
    for host in (
        "h", "", "h:", "h:80", "a.example", "A.EXAMPLE:8080", "127.0.0.1:80", "[::1]", "[::1]:80",
        "[2001:db8::192.0.2.1]", "[v1.x:y]", "a-b_c~d", "%41", "a,b;c=d",
    ):
        served(server, asked(host))
    for host in (
        "h h", "h:port", "h:80:80", "h:-1", "h/", "h/x", "u@h", "h?x", "h#x", "http://h", "[::1",
        "::1]", "[::1]x", "a[::1]", "[]", "h\\", "<h>", "%4", "%zz", "\u00e9",
    ):
        refused(server, asked(host))
        refused(server, asked(host, version="1.0"))
    with server.connect() as client:
        client.send(asked(version="1.0"))
        equal(client.response().status, 200, "the status without a host in HTTP/1.0")


def section_9112_3_2_1_origin_form(server):
    equal(served(server, request("/hello.txt?")).body, HELLO, "the body with an empty query")
    equal(served(server, request("/hello.txt?a=/../b?c%")).body, HELLO, "the body with a query")
    equal(served(server, request("/q%3fx")).body, b"question", "the body of a name with a ?")
    equal(served(server, request("/")).body, FILES["index.html"], "the body of the root")


def section_9112_3_2_2_absolute_form(server):
    for target in (
        "http://h/hello.txt",
        "http://other/hello.txt",
        "http://other:8080/hello.txt?x",
        "HTTP://OTHER/hello.txt",
        "http://[::1]:80/hello.txt",
    ):
        equal(served(server, request(target)).body, HELLO, f"the body of {target}")
    for target in ("http://h", "http://h/", "http://h?x", "http://h/?x"):
        equal(served(server, request(target)).body, FILES["index.html"], f"the body of {target}")
    for target in (
        "http:///hello.txt", "http://:80/hello.txt", "http://u@h/hello.txt",
        "http://u:p@h/hello.txt", "http://h:port/hello.txt", "http:/hello.txt", "http:hello.txt",
        "http://", "ftp://h/hello.txt", "file:///hello.txt", "//h/hello.txt#x", "h://hello.txt",
        "http://[::1/hello.txt",
    ):
        refused(server, request(target))
    refused(server, b"GET http://h/hello.txt HTTP/1.1\r\n\r\n")


def section_9112_3_2_3_authority_form(server):
    refused(server, request("h:80", "CONNECT"), 501)
    for target in ("h", "h:80", "127.0.0.1:80"):
        refused(server, request(target))


def section_9112_3_2_4_asterisk_form(server):
    response = served(server, request("*", "OPTIONS"), 204)
    check("GET" in response.fields["allow"], "OPTIONS * says what is allowed")
    for method in ("GET", "HEAD", "POST"):
        refused(server, request("*", method))


# ---- 5: fields -----------------------------------------------------------------------------------


def section_9112_5_names(server):
    for line in (
        "X", "X y", ": y", ":", "X(y: z", "X/y: z", "X@y: z", '"X": y', "X\u00e9: y", "X\x01: y",
    ):
        refused(server, request("/hello.txt", fields=line + "\r\n"))
    for line in ("X:", "X: ", "X!#$%&'*+-.^_`|~09: y", "X: y: z"):
        served(server, request("/hello.txt", fields=line + "\r\n"))


def section_9112_5_1_blank_before_colon(server):
    for blank in (" ", "\t", "  "):
        for name in ("X", "Content-Length", "Transfer-Encoding", "Host"):
            refused(server, request("/hello.txt", fields=f"{name}{blank}: 0\r\n"))


def section_9112_5_1_blanks_around_values(server):
    for value in ("2", " 2", "2 ", "\t2\t", " \t 2 \t "):
        served(server, post(f"Content-Length:{value}\r\n", b"ok"), 405)
    served(server, b"GET /hello.txt HTTP/1.1\r\nHost:\t h\t \r\n\r\n")


def section_9112_5_2_folded_lines(server):
    for fold in ("\r\n ", "\r\n\t", "\r\n \r\n ", " \r\n  "):
        refused(server, request("/hello.txt", fields=f"X: a{fold}b\r\n"))
        refused(server, request("/hello.txt", fields=f"X:{fold}b\r\n"))
        refused(server, post(f"Transfer-Encoding:{fold}chunked\r\n"))


# ---- 6: bodies -----------------------------------------------------------------------------------


def section_9112_6_body(server):
    """What looks like a request is not one within a body."""
    inner = request("/hello.txt")
    served(server, post(f"Content-Length: {len(inner)}\r\n", inner), 405)
    served(server, chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(inner), inner)), 405)
    served(server, request("/hello.txt", "GET", f"Content-Length: {len(inner)}\r\n", inner))
    served(server, request("/hello.txt", "HEAD", f"Content-Length: {len(inner)}\r\n", inner))
    served(server, request("*", "OPTIONS", f"Content-Length: {len(inner)}\r\n", inner), 204)


def section_9112_6_1_chunked(server):
    for coding in ("chunked", "Chunked", "CHUNKED", " chunked "):
        served(server, post(f"Transfer-Encoding:{coding}\r\n", b"2\r\nok\r\n0\r\n\r\n"), 405)
    served(server, post("tRANSFER-eNCODING: chunked\r\n", b"0\r\n\r\n"), 405)
    fields = "Transfer-Encoding: chunked\r\n"
    served(server, request("/hello.txt", fields=fields, body=b"0\r\n\r\n"))


def section_9112_6_1_unknown_coding(server):
    for coding in (
        "gzip, chunked", "deflate, chunked", "compress, chunked", "x, chunked", "gzip, x, chunked"
    ):
        refused(server, post(f"Transfer-Encoding: {coding}\r\n", b"0\r\n\r\n"), 501)
    refused(server, post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n"), 501)


def section_9112_6_1_coding_and_length(server):
    for length in ("0", "5", "x", ""):
        both = (f"Content-Length: {length}\r\n", "Transfer-Encoding: chunked\r\n")
        refused(server, post(both[0] + both[1], b"0\r\n\r\n"))
        refused(server, post(both[1] + both[0], b"0\r\n\r\n"))


def section_9112_6_1_coding_in_1_0(server):
    for fields in ("", "Connection: keep-alive\r\n", "Content-Length: 5\r\n"):
        refused(server, post(fields + "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", "1.0"))


def section_9112_6_3_chunked_not_last(server):
    for coding in (
        "gzip", "x", "identity", "xchunked", "chunkedx", "chunked, gzip", "chunked, identity",
        "chunked, x", "chunked, chunked", "chunked, ", ", chunked", "", ",", "chunked;x",
        "chunked;q=1", '"chunked"', "chun ked", "chunked\v", "\x0bchunked",
    ):
        refused(server, post(f"Transfer-Encoding: {coding}\r\n", b"0\r\n\r\n"))
    for second in ("gzip", "chunked", "x", "identity", ""):
        two = f"Transfer-Encoding: chunked\r\nTransfer-Encoding: {second}\r\n"
        refused(server, post(two, b"0\r\n\r\n"))


def section_9112_6_3_invalid_length(server):
    for length in (
        "", "x", "-1", "+2", "2x", "0x2", "2.0", "2 2", "1e1", "2;", '"2"', "\u0662", "1_0", "2,",
        ",2", "18446744073709551616", "18446744073709551617", "99999999999999999999999", 1000 * "9",
    ):
        refused(server, post(f"Content-Length: {length}\r\n", b"ok"))
    for length in ("9223372036854775808", "4294967298", "65537"):
        refused(server, post(f"Content-Length: {length}\r\n", b"ok"), 413)


def section_9112_6_3_two_lengths(server):
    for first, second in (("2", "3"), ("3", "2"), ("0", "2"), ("2", "x"), ("2", "2"), ("2", "02")):
        for between in ("\r\nContent-Length: ", ", ", "\r\nX: y\r\ncontent-length:"):
            refused(server, post(f"Content-Length: {first}{between}{second}\r\n", b"ok"))


def section_9112_6_3_length(server):
    for length in (0, 1, 2, 4095, 4096, 4097, 8191, 8192, 12288, 65536):
        served(server, post(f"Content-Length: {length}\r\n", length * b"x"), 405)
    served(server, post("Content-Length: 0002\r\n", b"ok"), 405)


def section_9112_6_3_short_body(server):
    for data in (
        post("Content-Length: 5\r\n", b"abc"),
        chunked(b"5\r\nabc"),
        chunked(b"3\r\nabc\r\n0\r\n"),
    ):
        with server.connect() as client:
            client.send(data)
            client.shut()
            check(client.closed(), f"{data[-60:]} is not answered")


def section_9112_6_3_no_body(server):
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        status = 200 if method in ("GET", "HEAD") else 405
        served(server, request("/hello.txt", method), status)


# ---- 7: transfer codings -------------------------------------------------------------------------


def section_9112_7_1_chunks(server):
    for size in (1, 9, 10, 15, 16, 255, 256, 4095, 4096, 4097, 65536):
        data = size * b"x"
        served(server, chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (size, data)), 405)
        served(server, chunked(b"%X\r\n%s\r\n0\r\n\r\n" % (size, data)), 405)
    served(server, chunked(b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n"), 405)
    served(server, chunked(b"0002\r\nok\r\n000\r\n\r\n"), 405)
    served(server, chunked(b"2\r\n\r\n\r\n0\r\n\r\n"), 405)
    refused(server, chunked(3 * (b"8000\r\n%s\r\n" % bytes(0x8000))), 413)


def section_9112_7_1_malformed_chunks(server):
    for body in (
        b"x\r\n", b"\r\n", b"-1\r\n", b"+2\r\nok\r\n", b"0x2\r\nok\r\n", b"2h\r\nok\r\n",
        b" 2\r\nok\r\n", b"2 \r\nok\r\n", b"2\t\r\nok\r\n", b"2\nok\r\n", b"2\rok\r\n",
        b"2\r\rok\r\n", b"2\r\nok\n0\r\n\r\n", b"2\r\nok0\r\n\r\n", b"2\r\nokk\r\n0\r\n\r\n",
        b"2\r\nok\r0\r\n\r\n", b"2\r\nok\r\n\r\n0\r\n\r\n", b"2\r\nok\r\n0\n\n",
        b"2\r\nok\r\n0\r\n\n", b"2\r\nok\r\n0\r\nX: y\n\r\n", b"0\r\nX: y\r\n\n", b"2;x\nok\r\n",
        b"2;x\n\r\nok\r\n", b"2;x\ry\r\nok\r\n", b"2;\0\r\nok\r\n", b"\xb2\r\nok\r\n",
        b"0\r\nX: \0\r\n\r\n", b"0\r\nX\ry\r\n\r\n", b"0,0\r\n\r\n",
    ):
        refused(server, chunked(body))


def section_9112_7_1_huge_sizes(server):
    for size in (
        b"10001", b"7fffffff", b"80000000", b"ffffffff", b"100000000", b"100000002",
        b"7" + 15 * b"f", b"8" + 15 * b"0", 16 * b"f", b"1" + 16 * b"0", b"1" + 15 * b"0" + b"2",
        1000 * b"f",
    ):
        refused(server, chunked(size + b"\r\nok\r\n0\r\n\r\n"), 413)


def section_9112_7_1_1_extensions(server):
    for extension in (
        b";x", b";x=y", b';x="y"', b';x="y;z"', b";x;y;z=1", b";" + 1000 * b"x", b';x="\xe9"',
        b" ;x", b"\t; x = y", b" ; x",
    ):
        served(server, chunked(b"2%s\r\nok\r\n0%s\r\n\r\n" % (extension, extension)), 405)
    refused(server, chunked(b"2;" + 100000 * b"x"), 413)


def section_9112_7_1_2_trailers(server):
    for line in (
        b"X: y", b"Connection: close", b"Content-Length: 5", b"Transfer-Encoding: chunked",
        b"Host: i", b"Expect: 100-continue", b"If-None-Match: *", b"Range: bytes=0-0",
    ):
        get = request("/hello.txt", fields="Transfer-Encoding: chunked\r\n")
        response = served(server, get + b"0\r\n" + line + b"\r\n\r\n")
        equal(response.body, HELLO, f"the body after the trailer {line}")
    served(server, chunked(b"0\r\n" + 100 * b"X: y\r\n" + b"\r\n"), 405)
    refused(server, chunked(b"0\r\n" + 20000 * b"X: y\r\n"), 413)


def section_9112_7_4_te(server):
    for te in ("trailers", "gzip;q=0.5", "", "trailers, deflate;q=1"):
        served(server, request("/hello.txt", fields=f"TE: {te}\r\nConnection: TE\r\n"))


# ---- 8: incomplete messages ----------------------------------------------------------------------


def section_9112_8_incomplete(server):
    whole = request("/hello.txt", fields="X: y\r\n")
    for length in range(1, len(whole)):
        with server.connect() as client:
            client.send(whole[:length])
            client.shut()
            check(client.closed(), f"{whole[:length]} is not answered")


# ---- 9: connections ------------------------------------------------------------------------------


def section_9112_9_3_persistence(server):
    for version, options, goes_on in (
        ("1.1", None, True),
        ("1.1", "keep-alive", True),
        ("1.1", "x", True),
        ("1.1", "", True),
        ("1.1", ",", True),
        ("1.1", "close-not", True),
        ("1.1", "close", False),
        ("1.1", "Close", False),
        ("1.1", "x, close", False),
        ("1.1", ",close ,x", False),
        ("1.1", "keep-alive, close", False),
        ("1.1", "close\r\nConnection: keep-alive", False),
        ("1.1", "keep-alive\r\nConnection: close", False),
        ("1.0", None, False),
        ("1.0", "x", False),
        ("1.0", "close", False),
        ("1.0", "keep-alive, close", False),
        ("1.0", "keep-alive", True),
        ("1.0", "Keep-Alive", True),
        ("1.2", None, True),
        ("1.2", "close", False),
    ):
        fields = f"Connection: {options}\r\n" if options is not None else ""
        with server.connect() as client:
            client.request("/hello.txt", fields=fields, version=version)
            response = client.response()
            what = f"HTTP/{version} with {options!r}"
            equal(response.closes, not goes_on, f"that the connection ends after {what}")
            if not goes_on:
                check(client.closed(), f"the connection ends after {what}")
            elif version == "1.0":
                equal(response.fields.get("connection"), "keep-alive", f"what answers {what}")
            if goes_on:
                equal(client.get("/hello.txt").body, HELLO, f"the body after {what}")


def section_9112_9_3_unread_body(server):
    """A body that is too long is not read; neither it nor what comes behind is a request."""
    inner = 400 * request("/hello.txt")
    refused(server, post("Content-Length: 70000\r\n", inner), 413)
    refused(server, post("Content-Length: 5\r\nExpect: 100-continue\r\n", inner), 405)


def section_9112_9_3_2_pipelining(server):
    asked = [
        (request("/hello.txt"), 200, HELLO),
        (request("/missing"), 404, None),
        (request("/hello.txt", "HEAD"), 200, b""),
        (post("Content-Length: 3\r\n", b"abc"), 405, None),
        (request("/hello.txt", fields="Range: bytes=1-3\r\n"), 206, b"ell"),
        (request("*", "OPTIONS"), 204, b""),
        (chunked(b"3\r\nabc\r\n0\r\n\r\n"), 405, None),
        (request("/"), 200, FILES["index.html"]),
        (request("/%zz"), 400, None),
    ]
    asked = 20 * asked
    with server.connect() as client:
        client.send(b"".join(data for data, _, _ in asked))
        for data, status, body in asked:
            response = client.response(data.split()[0].decode())
            equal(response.status, status, f"the status of {data}")
            check(body is None or response.body == body, f"the body of {data}")
        equal(client.get("/hello.txt").body, HELLO, "the body of one more")


def section_9112_9_6_close(server):
    with server.connect() as client:
        last = request("/", fields="Connection: close\r\n")
        client.send(request("/hello.txt") + last + 100 * request("/hello.txt"))
        check(not client.response().closes, "the first is not the last")
        response = client.response()
        check(response.closes and response.body == FILES["index.html"], "the second is the last")
        check(client.closed(), "what follows is not answered")


def section_9112_9_6_answer_before_reset(server):
    """Who goes on sending still gets the answer."""
    for data in (
        post("Content-Length: 9999999\r\n"),
        post("Content-Length: 9999999\r\nExpect: 100-continue\r\n"),
        request("/", fields="Connection: close\r\n"),
        b"nonsense\r\n\r\n",
    ):
        with server.connect() as client:
            client.send(data)
            for _ in range(64):
                try:
                    client.send(bytes(65536))
                except ConnectionError:
                    break
            check(client.response() is not None, f"{data} is answered")


# ---- 11: security --------------------------------------------------------------------------------


def section_9112_11_1_response_splitting(server):
    for target in ("/a%0d%0aX:%20y", "/a%0D%0AX%3A%20y"):
        response = served(server, request(target), 301)
        check("x" not in response.fields, "a folder's name makes no field")
        location = response.fields["location"]
        check("\r" not in location and "\n" not in location, "and no line")
    served(server, request("/hello.txt", fields="X: %0d%0aSet-Cookie: a=b\r\n"))


with web_server(files=FILES) as server:
    sections(globals(), server)

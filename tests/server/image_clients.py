#!/usr/bin/env python3
"""The image server and clients that are slow, greedy, many, or still there when it stops."""

import json
import signal

from http_clients import Clients, raise_descriptor_limit
from image_kit import *

# limit: 120 s

clients = Clients(image_server, "/small.jpg?size=3")


def slow_readers():
    """A client that does not read its response in time is given up, and the log says how far it
    came."""
    with image_server(
        "--write-timeout", "500ms", "--access-log", "-", "--log-format", "json", "--quality", "100"
    ) as server:
        write_ppm(server.root / "noise.ppm", 3000, 2000, noise(3000, 2000))
        with server.connect(receive_buffer=4096) as client:
            client.request("/noise.jpg")
            server.program.wait(lambda: server.program.lines, "log the response that was cut short")
            entry = json.loads(server.program.lines[0])
            body = len(server.get("/noise.jpg").body)
            check(0 < entry["bytes"] < body, f"{entry['bytes']} of {body} bytes were sent")


def patience_with_others():
    """While many clients send and read slowly, another one is served at once."""
    with image_server("--quality", "100") as server:
        write_ppm(server.root / "noise.ppm", 3000, 2000, noise(3000, 2000))
        expected = server.get("/noise.jpg").body
        senders = [server.connect() for _ in range(20)]
        readers = [server.connect(receive_buffer=65536) for _ in range(20)]
        for client in senders:
            client.send("GET /small.jpg HT")
        for client in readers:
            client.request("/noise.jpg")
        equal(server.get("/small.jpg").status, 200, "the status of a client in between")
        for client in senders:
            client.send("TP/1.1\r\nHost: h\r\n\r\n")
            equal(client.response().status, 200, "the status of a slow request")
        for client in readers:
            check(client.response().body == expected, "a slow reader gets everything")
        for client in senders + readers:
            client.close()


def few_descriptors():
    shapes = {f"p{i}": (40, 30) for i in range(63)}
    targets = [f"/p{n // 8}.jpg?size={n % 8 + 1}" for n in range(500)]
    clients.few_descriptors(targets, files=shapes)


def stop_while_rendering():
    """SIGTERM while requests are rendered: each is answered whole, the connections end, exit 0."""
    shapes = {f"p{i}": (2000 + i, 1500) for i in range(6)}
    with image_server(files=shapes) as server:
        before = server.bytes_read()
        descriptors = server.descriptors()
        connected = [(name, server.connect()) for name in shapes for _ in range(3)]
        # Those that are still in the kernel's queue at the end are turned away by the kernel.
        until(lambda: server.descriptors() >= descriptors + len(connected), "all are accepted")
        for name, client in connected:
            client.request(f"/{name}.jpg?size=3")
        until(lambda: server.bytes_read() > before + 4000000, "the first picture is read")
        server.signal(signal.SIGTERM)
        for name, client in connected:
            response = client.response()
            check(response is not None, f"{name} is answered")
            equal(response.status, 200, f"the status of {name}")
            check(client.closed(), "its connection ends")
            client.close()
        equal(server.program.process.wait(PATIENCE), 0, "the exit status")


raise_descriptor_limit()
main(
    clients.slow_requests, slow_readers, patience_with_others, clients.limited_connections,
    few_descriptors, clients.idle_clients_with_few_descriptors, clients.access_log,
    stop_while_rendering, clients.stop_under_load, clients.requests_that_cross_the_signal,
    clients.stop_with_everybody_waiting, clients.several_addresses,
)

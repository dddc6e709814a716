"""What tests with hostile clients share: ways to be one, and what has to hold for the others."""

import itertools
import os
import select
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import web_kit
from web_kit import *


# ---- the others ----------------------------------------------------------------------------------


@contextmanager
def others_are_served(server):
    """Whatever happens within, another client asks again and again, and is answered."""
    done = threading.Event()

    def ask():
        for count in itertools.count():
            if done.is_set():
                return count
            with server.connect() as client:
                for _ in range(10):
                    response = client.get("/hello.txt")
                    check(response is not None, "another client is answered")
                    check(response.body == HELLO, "another client gets what it asks for")
                    done.wait(0.002)

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield
        finally:
            done.set()
        check(asking.result(PATIENCE) > 0, "another client is served meanwhile")


def descriptors_at_rest(server):
    """How many there are once it has begun to serve, give or take the connection that asks."""
    equal(server.get("/hello.txt").body, HELLO, "the body for the first client")
    return server.descriptors()


def nothing_left(server, before):
    """Of those who are gone. Another client may be there or not, and a file in the cache."""
    until(lambda: server.descriptors() <= before + 2, "what belonged to those gone is given back")


# ---- ways to be one ------------------------------------------------------------------------------


def has_input(client):
    """Whether there is something to be read, or the end of the connection."""
    return bool(select.select([client.socket], [], [], 0)[0])


def ended(client):
    """Reads on, whatever comes, up to the end of the connection, whichever way it ends."""
    try:
        while client.file.read(65536):
            pass
    except OSError:
        pass


def throw(client, data):
    """Sends all of it that the server wants to see, and waits for the end of the connection."""
    try:
        client.send(bytes(data))
    except ConnectionError:
        pass  # the server has seen enough
    finish(client)
    ended(client)


def drip(connect, begin, data, on_answer):
    """Clients that send `begin`, and then bytes of `data` one at a time, again and again.
    on_answer: is called with each of them as soon as the server says something, or closes."""
    clients = [connect() for _ in range(10)]
    for client in clients:
        client.send(begin)
    endless = itertools.cycle(data)

    def go_on():
        byte = bytes([next(endless)])
        for client in [*clients]:
            if has_input(client):
                on_answer(client)
                client.close()
                clients.remove(client)
            else:
                client.send(byte)
        return not clients

    until(go_on, f"{begin[:60]} and a byte at a time comes to an end")


def finish(client):
    """Sends nothing more, and says so."""
    try:
        client.shut()
    except OSError:
        pass  # the server has ended the connection already


def reset(client):
    """Ends the connection by RST."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def vanish(client):
    """As if its network were gone: the kernel forgets it, and tells nobody."""
    tcp_repair = 19
    client.socket.setsockopt(socket.IPPROTO_TCP, tcp_repair, 1)
    client.close()


def ways_to_leave():
    ways = [finish, Http.close, reset, vanish]
    if os.geteuid() != 0:
        print("clients that vanish without a word are not tried: only root can make them")
        ways.remove(vanish)
    return ways


__all__ = [
    *web_kit.__all__, "descriptors_at_rest", "drip", "ended", "finish",
    "has_input", "nothing_left", "others_are_served", "reset", "throw", "vanish", "ways_to_leave",
]

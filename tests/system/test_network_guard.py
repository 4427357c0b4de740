"""The guard: every way of Python code to the network is refused and listed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from paralbench.system.network_guard import refused

FAR = ("192.0.2.1", 9)  # reserved for documentation: nobody answers


def _tcp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def _udp() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


WAYS: dict[str, Callable[[], object]] = {
    "connect": lambda: _tcp().connect(FAR),
    "connect_ex": lambda: _tcp().connect_ex(FAR),
    "create_connection": lambda: socket.create_connection(FAR, timeout=0.1),
    "getaddrinfo": lambda: socket.getaddrinfo("example.org", 80),
    "gethostbyname": lambda: socket.gethostbyname("example.org"),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex("example.org"),
    "gethostbyaddr": lambda: socket.gethostbyaddr(FAR[0]),
    "getnameinfo": lambda: socket.getnameinfo(FAR, 0),
    "sendto": lambda: _udp().sendto(b"x", FAR),
    "sendmsg": lambda: _udp().sendmsg([b"x"], [], 0, FAR),
    "bind": lambda: _tcp().bind(("0.0.0.0", 0)),
}


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_refused_and_listed(way: str, loopback: bool) -> None:
    with (
        refused("in this test", loopback=loopback) as attempts,
        pytest.raises(PermissionError, match="no network in this test"),
    ):
        WAYS[way]()
    assert len(attempts) == 1


def test_this_computer_itself_can_be_allowed() -> None:
    with refused("in this test", loopback=True) as attempts, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname(), timeout=5):
            pass
        socket.getaddrinfo("localhost", 80)
        with _udp() as udp:
            udp.sendto(b"x", server.getsockname())
    assert attempts == []


def test_this_computer_itself_is_refused_otherwise() -> None:
    with refused("in this test"), pytest.raises(PermissionError), socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def test_other_threads_are_guarded_and_afterwards_all_is_as_before() -> None:
    errors: list[Exception] = []

    def try_it() -> None:
        try:
            WAYS["gethostbyname"]()
        except PermissionError as error:
            errors.append(error)

    with refused("in this test"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert len(errors) == 1
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))


def test_guards_nest() -> None:
    with refused("outside") as outer:
        with refused("inside", loopback=True) as inner:
            with pytest.raises(PermissionError, match="inside"):
                WAYS["connect"]()
            with pytest.raises(PermissionError, match="outside"):
                socket.getaddrinfo("localhost", 80)
        assert len(inner) == 1
    assert len(outer) == 2

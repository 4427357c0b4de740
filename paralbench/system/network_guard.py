"""Refuses and records attempts of this process to reach the network.

An audit hook catches connect, connect_ex, create_connection, sendto, sendmsg, bind and name look-ups
of all Python code, in all threads, but no native code. The hook cannot be removed; it does nothing
while no guard is active.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_EVENTS = {
    "socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind", "socket.getaddrinfo",
    "socket.getnameinfo", "socket.gethostbyname", "socket.gethostbyaddr",
}  # fmt: skip


@dataclass
class _Guard:
    purpose: str
    loopback: bool
    attempts: list[str] = field(default_factory=list)


@contextmanager
def refused(purpose: str, *, loopback: bool = False) -> Iterator[list[str]]:
    """Refuse and list all attempts within the block.

    Args:
        purpose: the activity, for the message: "while a model is checked".
        loopback: whether addresses of this computer are allowed.
    """
    guards, guard = _guards(), _Guard(purpose, loopback)
    guards.append(guard)
    try:
        yield guard.attempts
    finally:
        guards[:] = [other for other in guards if other is not guard]


def refuse_always(purpose: str) -> None:
    """Refuse every attempt until the process ends."""
    _guards().append(_Guard(purpose, loopback=False))


@cache
def _guards() -> list[_Guard]:
    active: list[_Guard] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not active or event not in _EVENTS:
            return
        guards = [guard for guard in active if not (guard.loopback and _is_local(event, arguments))]
        if guards:
            attempt = f"{event} {arguments[-1] if arguments else ''!r}"[:120]
            for guard in guards:
                guard.attempts.append(attempt)
            raise PermissionError(f"no network {guards[-1].purpose} ({event})")

    sys.addaudithook(hook)
    return active


def _is_local(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether an attempt concerns this computer alone."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        if not isinstance(address, tuple):
            # A path is a Unix socket; None is the peer that was allowed when it was connected.
            return True
        host = address[0]
    elif event == "socket.getnameinfo":
        host = arguments[0][0]
    else:
        host = arguments[0]
    if isinstance(host, bytes | bytearray):
        host = host.decode("latin-1")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

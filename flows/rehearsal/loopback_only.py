"""Refuse every connection of this process that leaves the machine, whatever code opens it.

Python raises an audit event before a socket connects or a name is looked up (`sys.addaudithook`, which cannot be
undone). Names are looked up only if they are names of this machine.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from configs.values import is_loopback

_EVENTS: Final = frozenset(
    {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname"}
)


class LeftTheMachine(BaseException):
    """Something tried to reach another machine: no handler of errors may treat that as a failed request."""


def refuse_other_machines() -> list[str]:
    """Refuse connections to other machines from now on.

    Returns:
        The list to which each refused host is added.
    """
    refused: list[str] = []

    def check(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _EVENTS and (host := _host(event, arguments)) and not is_loopback(host):
            refused.append(host)
            raise LeftTheMachine(f"{event}: a rehearsal may not reach {host}")

    sys.addaudithook(check)
    return refused


def _host(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the host that an event is about; empty for none, and for sockets of this machine's file system."""
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        found = arguments[0]
    else:
        address = arguments[1]
        found = address[0] if isinstance(address, tuple) and address else None
    if isinstance(found, bytes):
        return found.decode("ascii", "replace")
    return found if isinstance(found, str) else ""

"""Names for the holders of leases, and whether one of them has died on this machine.

A killed worker cannot release its leases. Where the next worker can see that its process is gone, it need
not wait for them to expire.
"""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

PROC = Path("/proc")


def this_holder() -> str:
    """`USER@HOST pid PID`, and on Linux ` of MACHINE since START`: one process, in one run of one machine."""
    name = f"{user_name()}@{socket.gethostname()} pid {os.getpid()}"
    machine, started = _machine(), _started(os.getpid())
    return f"{name} of {machine} since {started}" if machine and started else name


def gone(holder: str) -> bool:
    """True only when `holder` names a process that ran here, on this boot, and no longer does."""
    try:
        rest, started = holder.rsplit(" since ", 1)
        rest, machine = rest.rsplit(" of ", 1)
        pid = int(rest.rsplit(" pid ", 1)[1])
    except (ValueError, IndexError):
        return False
    return machine == _machine() and not _alive(pid, started)


def user_name() -> str:
    """Who runs this process: a name or, where the system knows none, a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def _machine() -> str:
    """The boot and the namespace of process ids: a pid means nothing outside of them."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot[:8]}/{(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When the process started, in ticks since boot; empty where it cannot be read."""
    try:
        return _fields(pid)[19]
    except OSError:
        return ""


def _alive(pid: int, started: str) -> bool:
    try:
        fields = _fields(pid)
    except OSError:
        return _exists(pid)
    return fields[0] not in "ZX" and fields[19] == started


def _fields(pid: int) -> list[str]:
    """What follows the command's name in `/proc/PID/stat`: the state first."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()


def _exists(pid: int) -> bool:
    """Some systems hide other users' processes in /proc; a signal that is not sent still finds them."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True

"""The processes that hold leases, and whether one of them has ended on this machine.

A killed process cannot release its leases. Where the next one can see that it has ended, it need not wait for them
to expire.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from phonefleet.system_user import operating_system_user

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds leases. Without `machine` and `started` its end cannot be seen.

    Attributes:
        name: What people read: `USER@HOST pid PID`.
        machine: The boot and the namespace of process ids: a pid means nothing outside of them.
        pid: The process id.
        started: When the process started, in ticks since boot: pids are used again.
    """

    name: str
    machine: str = ""
    pid: int = 0
    started: str = ""

    def __str__(self) -> str:
        return self.name


def this_holder() -> Holder:
    """Identify this process; its machine and start are known on Linux only."""
    pid = os.getpid()
    return Holder(
        f"{operating_system_user()}@{socket.gethostname()} pid {pid}", _machine(), pid, _started(pid)
    )


def has_ended(holder: Holder) -> bool:
    """Tell whether the process ran on this boot of this machine and no longer does."""
    if not (holder.machine and holder.started) or holder.machine != _machine():
        return False
    try:
        fields = _fields(holder.pid)
    except OSError:
        return not _exists(holder.pid)
    return fields[0] in "ZX" or fields[19] != holder.started


def _machine() -> str:
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot[:8]}/{(PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    try:
        return _fields(pid)[19]
    except OSError:
        return ""


def _fields(pid: int) -> list[str]:
    """Read what follows the command's name in `/proc/PID/stat`: the state first (proc_pid_stat(5))."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()


def _exists(pid: int) -> bool:
    """Probe a process with signal 0, because some systems hide other users' processes in /proc."""
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True

"""Limits of the operating system for the process that runs Actions: what remains if V8 itself is broken out of.

Everything here is available without privileges. The module uses the standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

DATA_BYTES: Final = 3 * 2**30
"""Most writable memory of the process."""
ADDRESS_BYTES: Final = 8 * 2**30
"""Most address space beyond what V8 has reserved when it starts (1 TB, of which nothing is used)."""

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_FILTER_MODE = 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x10000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24

_AUDIT: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_REFUSED: Final[dict[str, tuple[int, ...]]] = {
    # open creat rename mkdir rmdir link unlink symlink chmod chown lchown truncate mknod fork vfork kill tkill
    # files: open creat openat openat2 rename renameat renameat2 mkdir mkdirat rmdir link linkat unlink unlinkat
    #        symlink symlinkat chmod fchmodat chown lchown fchownat truncate mknod mknodat memfd_create
    # sockets: socket connect bind listen accept accept4
    # processes: fork vfork execve execveat kill tkill ptrace process_vm_readv process_vm_writev
    #            pidfd_open pidfd_getfd pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo kcmp
    #            process_madvise process_mrelease migrate_pages move_pages
    # priority: setpriority ioprio_set sched_setparam sched_setscheduler sched_setaffinity sched_setattr
    # the system: mount umount2 pivot_root chroot unshare setns bpf add_key request_key keyctl io_uring_setup
    #             userfaultfd perf_event_open init_module finit_module reboot swapon
    "x86_64": (
        *(2, 85, 257, 437, 82, 264, 316, 83, 258, 84, 86, 265, 87, 263),
        *(88, 266, 90, 268, 92, 94, 260, 76, 133, 259, 319),
        *(41, 42, 49, 50, 43, 288),
        *(57, 58, 59, 322, 62, 200, 101, 310, 311, 434, 438, 424, 129, 297, 312),
        *(440, 448, 256, 279),
        *(141, 251, 142, 144, 203, 314),
        *(165, 166, 155, 161, 272, 308, 321, 248, 249, 250, 425, 323, 298, 175, 313, 169, 167),
    ),
    "aarch64": (
        *(56, 437, 38, 276, 34, 37, 35, 36, 53, 54, 45, 33, 279),
        *(198, 203, 200, 201, 202, 242),
        *(221, 281, 129, 130, 117, 270, 271, 434, 438, 424, 138, 240, 272),
        *(440, 448, 238, 239),
        *(140, 30, 118, 119, 122, 274),
        *(40, 39, 41, 51, 97, 268, 280, 217, 218, 219, 425, 282, 241, 105, 273, 142, 224),
    ),
}
_CLONE: Final = {"x86_64": 56, "aarch64": 220}
_CLONE3: Final = 435
_TGKILL: Final = {"x86_64": 234, "aarch64": 131}
_PRLIMIT: Final = {"x86_64": 302, "aarch64": 261}
_FCNTL: Final = {"x86_64": 72, "aarch64": 25}
_SET_OWNER, _SET_SIGNAL, _SET_OWNER_EX = 8, 10, 15
"""Commands of fcntl(2) that have the kernel send another process a signal."""
_X32: Final = 0x40000000


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def filter_program(machine: str, pid: int) -> bytes:
    """Return the BPF program that refuses files, sockets, programs, processes and other processes' memory.

    Threads may be started (V8 needs one for each isolate), and the process may end itself by a signal and set its own
    limits. It can send no other process a signal, nor change its limits or its priority.

    Raises:
        KeyError: the machine is not supported.
    """
    refuse = _instruction(_RETURN, _ERRNO | _EPERM)
    allow = _instruction(_RETURN, _ALLOW)
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, _AUDIT[machine], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_AT_LEAST, _X32, 0, 1),
        refuse,
        _instruction(_JUMP_EQUAL, _CLONE3, 0, 1),
        _instruction(
            _RETURN, _ERRNO | _ENOSYS
        ),  # its arguments cannot be read; the C library then uses clone
    ]
    for number in _REFUSED[machine]:
        program += [_instruction(_JUMP_EQUAL, number, 0, 1), refuse]
    program += [
        _instruction(_JUMP_EQUAL, _CLONE[machine], 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_JUMP_SET, _CLONE_THREAD, 0, 1),
        allow,
        refuse,
        _instruction(_JUMP_EQUAL, _TGKILL[machine], 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_JUMP_EQUAL, pid, 0, 1),
        allow,
        refuse,
        # prlimit(2): 0 is this process.
        _instruction(_JUMP_EQUAL, _PRLIMIT[machine], 0, 4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_JUMP_EQUAL, 0, 0, 1),
        allow,
        refuse,
        _instruction(_JUMP_EQUAL, _FCNTL[machine], 0, 6),
        _instruction(_LOAD, _SECOND_ARGUMENT),
        _instruction(_JUMP_EQUAL, _SET_OWNER, 3, 0),
        _instruction(_JUMP_EQUAL, _SET_SIGNAL, 2, 0),
        _instruction(_JUMP_EQUAL, _SET_OWNER_EX, 1, 0),
        allow,
        refuse,
        allow,
    ]
    return b"".join(program)


def restrict() -> tuple[str, ...]:
    """Restrict this process for good; return what is in force, for tests and for people.

    Call it when everything is imported and V8 has started: no file can be opened afterwards.
    """
    in_force = [name for name, limit in _limits().items() if _set_limit(name, limit)]
    if sys.platform != "linux":
        return tuple(in_force)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
        in_force.append("not dumpable")
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        in_force.append("no new privileges")
    with suppress(KeyError):
        code = filter_program(platform.machine(), os.getpid())
        buffer = ctypes.create_string_buffer(code, len(code))
        header = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
        if library.prctl(_PR_SET_SECCOMP, _FILTER_MODE, header, 0, 0) == 0:
            in_force.append("system calls")
    return tuple(in_force)


def limit_cpu(seconds: int) -> None:
    """Let the process use this much more CPU time; then the kernel ends it with SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _limits() -> dict[str, int]:
    limits = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": 0, "RLIMIT_DATA": DATA_BYTES, "RLIMIT_NOFILE": _open_files()}
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limits["RLIMIT_AS"] = pages * resource.getpagesize() + ADDRESS_BYTES
    return limits


def _open_files() -> int:
    """One more than the highest descriptor in use: no other can be opened."""
    try:
        return max(int(each.name) for each in Path("/proc/self/fd").iterdir()) + 1
    except OSError:
        return 16


def _set_limit(name: str, limit: int) -> bool:
    kind = getattr(resource, name)
    try:
        _, hard = resource.getrlimit(kind)
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lowest, lowest))
    except (ValueError, OSError):
        return False
    return True

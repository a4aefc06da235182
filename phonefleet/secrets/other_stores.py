"""Read secrets from a keyring, from the output of a command, and from Prefect's Secret blocks.

Each of them may take seconds or ask another machine, so values are read in a thread.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from configs import SecretRef
from configs.references import MAX_SECRET_BYTES
from phonefleet.errors import SecretError

COMMAND_SECONDS: Final = 30.0
"""How long a command may take."""
BlockReader = Callable[[str], str]


class Blocks:
    """Prefect's Secret blocks. This package does not import Prefect: the program that has it gives the reader."""

    def __init__(self) -> None:
        self._reader: BlockReader | None = None

    def read_with(self, reader: BlockReader) -> None:
        """Read blocks from now on with a function that returns the value of a block's name."""
        self._reader = reader

    def value(self, ref: SecretRef) -> str:
        """Return the value of a block.

        Raises:
            SecretError: Prefect cannot be asked, or has no such block.
        """
        if self._reader is None:
            raise SecretError(f"{ref}: Prefect is not available to this command; use env: or file: for it")
        try:
            return self._reader(ref.name)
        except Exception as error:  # Prefect's errors have no common type, and their text may hold the value.
            kind = type(error).__name__
        raise SecretError(
            f"{ref}: Prefect gave no Secret block of this name ({kind}). Create it, and set PREFECT_API_URL to the "
            "server that has it"
        )


BLOCKS: Final = Blocks()


def from_keyring(ref: SecretRef) -> str:
    """Return the value of a service and a user name in the keyring of the user who runs this.

    Raises:
        SecretError: the package `keyring` is not installed, it has no usable keyring, or no such value.
    """
    service, _, user = ref.name.rpartition("/")
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise SecretError(
            f"{ref}: the package keyring is not installed: pip install 'phonefleet[keyring]'"
        ) from None
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # Of any backend; its text may hold the value.
        value, why = None, f"the keyring could not be read ({type(error).__name__})"
    else:
        why = f"the keyring has no value of service {service} and user {user}"
    if value is None:
        raise SecretError(f"{ref}: {why}. Set it: keyring set {service} {user}")
    return str(value)


def from_command(ref: SecretRef) -> str:
    """Return the standard output of a command without its last line break.

    The command is started as it is, without a shell, in the folder of the fleet file. It gets no input.
    What it prints on standard error is not kept, because it may repeat the value.

    Raises:
        SecretError: it cannot be started, fails, takes longer than 30 seconds or prints too much or no UTF-8.
    """
    printed = _printed(ref)
    if len(printed) > MAX_SECRET_BYTES:
        raise SecretError(
            f"{ref}: the command printed more than the {MAX_SECRET_BYTES} bytes that are read. Let it print the secret "
            "only"
        )
    try:
        return printed.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        pass
    # Outside the handler: its error holds the bytes.
    raise SecretError(f"{ref}: the command printed no UTF-8 text. Let it print the secret only")


def _printed(ref: SecretRef) -> bytes:
    """Run a command; end it with everything that it started when it takes too long or prints too much."""
    try:
        process = subprocess.Popen(  # noqa: S603 (the operator's own command, allowed by the fleet file)
            ref.arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ref.base if ref.base != Path() else None,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SecretError(
            f"{ref}: the command cannot be started: {why}. Correct the path of its program"
        ) from None
    ends = time.monotonic() + COMMAND_SECONDS
    with process:
        assert process.stdout is not None
        try:
            printed = _read(process.stdout.fileno(), ends)
            code = process.wait(max(0.0, ends - time.monotonic())) if len(printed) <= MAX_SECRET_BYTES else 0
        except (TimeoutError, subprocess.TimeoutExpired):
            code = None
        finally:
            _end(process)
    if code is None:
        raise SecretError(
            f"{ref}: the command took longer than {COMMAND_SECONDS:.0f} s and was ended. Run it in a terminal to see "
            "why"
        )
    if code != 0:
        raise SecretError(f"{ref}: the command ended with exit code {code}. Run it in a terminal to see why")
    return printed


def _read(output: int, ends: float) -> bytes:
    """Read an output to its end, or one byte more than is allowed.

    Raises:
        TimeoutError: it has not ended in time, also because a process that left the command's session holds it open.
    """
    printed = b""
    while len(printed) <= MAX_SECRET_BYTES:
        ready, _, _ = select.select([output], [], [], max(0.0, ends - time.monotonic()))
        if not ready:
            raise TimeoutError
        if not (chunk := os.read(output, MAX_SECRET_BYTES + 1 - len(printed))):
            break
        printed += chunk
    return printed


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a command's session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)

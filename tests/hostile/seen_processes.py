"""What every user of a machine may see of its processes, and what their owner may: `ps`, `ps e`."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_INTERVAL = 0.05


class SeenProcesses:
    """Collects the command lines and environments of the processes that run during a block, except this one's."""

    def __init__(self) -> None:
        self.lines: set[bytes] = set()
        self.environments: set[bytes] = set()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(_INTERVAL):
            for process in Path("/proc").glob("[0-9]*"):
                if process.name == str(os.getpid()):
                    continue
                with suppress(OSError):  # It has ended, or belongs to another user.
                    self.lines.add((process / "cmdline").read_bytes())
                    self.environments.add((process / "environ").read_bytes())

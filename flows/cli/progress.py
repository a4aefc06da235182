"""The progress of a run on standard error: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_EVERY_SECONDS = 5.0
"""Plain lines about progress come at most this often."""
_SHOWN_WAITING_SECONDS = 2.0
"""A tenant counts as waiting for its rate limit for at least this long after it began to wait."""


class TerminalProgress:
    """Counts the tenants that are done, failed and waiting for their rate limit, and shows the counts.

    Use it as a context manager; it is a `tasks.run_context.Progress`.

    Args:
        console: where it is shown.
        has_ui: whether the run's address can be opened in a browser.

    Attributes:
        run_id: the run; None until it is in the ledger.
    """

    def __init__(self, console: Console, *, has_ui: bool = True) -> None:
        self._has_ui = has_ui
        self.run_id: str | None = None
        self._console = console
        self._live = console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]} failed, {task.fields[waiting]} waiting for rate limit"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._task: TaskID | None = None
        self._phase, self._total, self._count, self._failed = "", 0, 0, 0
        self._waiting: dict[str, float] = {}
        self._printed_at = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def started(self, run_id: str, address: str = "") -> None:
        """Keep the run's id, and print where it can be watched."""
        self.run_id = run_id
        if address and self._has_ui:
            self.say(f"run {run_id}: {address}")

    def begin(self, phase: str, total: int) -> None:
        """Start counting for a phase over `total` tenants."""
        self._phase, self._total, self._count, self._failed = phase, total, 0, 0
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(phase, total=total, failed=0, waiting=0)
        if not self._live and total:
            self._console.print(f"{phase}: {total} tenant(s)", highlight=False, markup=False)

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Count a tenant that has completed the phase; a failure is printed at once."""
        self._count += 1
        self._failed += failed
        if failed:
            self.say(f"{domain}: {what}")
        self._show(force=self._count == self._total)

    def say(self, text: str) -> None:
        """Print a line above the display."""
        self._console.print(text, highlight=False, markup=False)

    def waiting(self, domain: str, seconds: float) -> None:
        """Count a tenant whose request waits for its rate limit."""
        self._waiting[domain] = time.monotonic() + max(seconds, _SHOWN_WAITING_SECONDS)
        self._show()

    def _show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        waiting = sum(1 for until in self._waiting.values() if until > now)
        if self._task is not None:
            self._bar.update(self._task, completed=self._count, failed=self._failed, waiting=waiting)
        if not self._live and self._total and (force or now - self._printed_at > PLAIN_EVERY_SECONDS):
            self._printed_at = now
            self._console.print(
                f"{self._phase}: {self._count} of {self._total} done, {self._failed} failed, {waiting} waiting for "
                "rate limit",
                highlight=False,
                markup=False,
            )

"""The progress of a run on standard error: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from flows.cli.output_options import OutputOptions

_log = logging.getLogger(__name__)
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

    def __init__(
        self, console: Console, options: OutputOptions | None = None, *, has_ui: bool = True
    ) -> None:
        self._has_ui = has_ui
        self.run_id: str | None = None
        self._options = options or OutputOptions()
        self._console = console
        self._live = console.is_terminal and not self._options.quiet
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
        self._phase, self._total, self._failed = "", 0, 0
        self._counted: set[str] = set()
        self._waiting: dict[str, float] = {}
        self._printed_at = time.monotonic()

    @property
    def count(self) -> int:
        """The tenants that have completed the phase."""
        return len(self._counted)

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
        self._phase, self._total, self._failed = phase, total, 0
        self._counted.clear()
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(phase, total=total, failed=0, waiting=0)
        _log.debug("%s: %d tenant(s)", phase, total)
        if not self._live and total:
            self._print(f"{phase}: {total} tenant(s)")

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Count a tenant that has completed the phase; a failure is printed at once.

        A tenant counts once in a phase, and only tenants of the phase do: outcomes of others come at any time.
        """
        self._waiting.pop(domain, None)
        before = self.count
        if before < self._total:
            self._counted.add(domain)
        self._failed += failed
        if failed or self._options.verbose:
            self.say(f"{domain}: {what}")
        else:
            _log.debug("%s: %s", domain, what)
        self._show(force=before < self.count == self._total)

    async def ask(self, question: str) -> bool:
        """Ask a person, without the display meanwhile; anything but yes is no.

        A thread of its own waits for the answer, so that the run's lease is renewed and Ctrl-C stops the run at once.
        """
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()

        def answer(given: bool) -> None:
            if not answered.done():
                answered.set_result(given)

        def wait() -> None:
            try:
                given = typer.confirm(question, err=True)
            except typer.Abort:
                given = False
            with suppress(RuntimeError):  # The loop has ended: no one waits for the answer any more.
                loop.call_soon_threadsafe(answer, given)

        self._bar.stop()
        threading.Thread(target=wait, name="question", daemon=True).start()
        try:
            return await answered
        finally:
            self._bar.start()

    def say(self, text: str) -> None:
        """Print a line above the display."""
        _log.debug("%s", text)
        self._print(text)

    def waiting(self, domain: str, seconds: float) -> None:
        """Count a tenant whose request waits for its rate limit."""
        if self._options.verbose > 1:
            self.say(f"{domain}: waits {seconds:.1f} s for its rate limit")
        self._waiting[domain] = time.monotonic() + max(seconds, _SHOWN_WAITING_SECONDS)
        self._show()

    def _show(self, *, force: bool = False) -> None:
        now = time.monotonic()
        waiting = sum(1 for until in self._waiting.values() if until > now)
        if self._task is not None:
            self._bar.update(self._task, completed=self.count, failed=self._failed, waiting=waiting)
        if not self._live and self._total and (force or now - self._printed_at > PLAIN_EVERY_SECONDS):
            self._printed_at = now
            self._print(
                f"{self._phase}: {self.count} of {self._total} done, {self._failed} failed, {waiting} waiting for "
                "rate limit"
            )

    def _print(self, text: str) -> None:
        """Print a line; where no terminal shows when it came, with the time."""
        if self._options.quiet:
            return
        stamp = "" if self._console.is_terminal else f"{datetime.now(UTC):%H:%M:%SZ} "
        self._console.print(f"{stamp}{text}", highlight=False, markup=False)

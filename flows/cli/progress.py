"""The progress of a run on standard error: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text
from typing_extensions import override

from flows.cli.output_options import OutputOptions
from flows.cli.phase_state import PhaseState, duration

_log = logging.getLogger(__name__)
PLAIN_EVERY_SECONDS = 5.0
"""Plain lines about progress come at most this often."""
_LONG_SECONDS = 30.0
"""A plain line names what is in flight once something of it takes this long."""
_WIDE = 100
"""Columns from which the bars are long."""


class RunBars(Progress):
    """The bars of the run and of its phase, and below them what is in flight, cut to the terminal's width."""

    below = ""

    @override
    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        if self.below:
            yield Text(self.below, style="dim", no_wrap=True, overflow="ellipsis")


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
        self._bars = RunBars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30 if console.width >= _WIDE else 8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._run_bar: TaskID | None = None
        self._phase_bar: TaskID | None = None
        self._phase = PhaseState()
        self._printed_at = time.monotonic()

    @property
    def count(self) -> int:
        """The tenants that have completed the phase."""
        return self._phase.count

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def started(self, run_id: str, address: str = "") -> None:
        """Keep the run's id, and print where it can be watched."""
        self.run_id = run_id
        if address and self._has_ui:
            self.say(f"run {run_id}: {address}")

    def overall(self, ended: int, planned: int) -> None:
        """Show how many tenants of all waves that were planned so far have ended."""
        if self._run_bar is None:
            self._run_bar = self._bars.add_task("the waves", total=planned, left="")
        self._bars.update(self._run_bar, completed=ended, total=planned)

    def begin(self, phase: str, total: int) -> None:
        """Start counting for a phase over `total` tenants."""
        self._phase = PhaseState(phase, total)
        if self._phase_bar is not None:
            self._bars.remove_task(self._phase_bar)
        self._phase_bar = self._bars.add_task(phase, total=total, left="")
        _log.debug("%s: %d tenant(s)", phase, total)
        if not self._live and total:
            self._printed_at = time.monotonic()
            self._print(f"{phase}: {total} tenant(s)")

    def working(self, domain: str) -> None:
        """Show that a task works on a tenant."""
        self._phase.work(domain)
        self._show()

    def idle(self, domain: str) -> None:
        """Show that no task works on a tenant any more."""
        self._phase.rest(domain)
        self._show()

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Count a tenant that has completed the phase; a failure is printed at once.

        A tenant counts once in a phase, and only tenants of the phase do: outcomes of others come at any time.
        """
        before = self.count
        self._phase.done(domain, failed=failed)
        if failed or self._options.verbose:
            self.say(f"{domain}: {what}")
        else:
            _log.debug("%s: %s", domain, what)
        self._show(force=before < self.count == self._phase.total)

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

        self._bars.stop()
        threading.Thread(target=wait, name="question", daemon=True).start()
        try:
            return await answered
        finally:
            self._bars.start()

    def say(self, text: str) -> None:
        """Print a line above the display."""
        _log.debug("%s", text)
        self._print(text)

    def waiting(self, domain: str, seconds: float) -> None:
        """Count a tenant whose request waits for its rate limit."""
        if self._options.verbose > 1:
            self.say(f"{domain}: waits {seconds:.1f} s for its rate limit")
        self._phase.wait(domain, seconds)
        self._show()

    def _show(self, *, force: bool = False) -> None:
        phase, now = self._phase, time.monotonic()
        left = (
            ""
            if phase.is_complete or (seconds := phase.seconds_left) is None
            else f"about {duration(seconds)} left"
        )
        waiting = len(phase.waiting)
        if self._phase_bar is not None:
            self._bars.update(self._phase_bar, completed=phase.count, left=left)
            parts = (f"{phase.failed} failed" if phase.failed else "", phase.in_flight())
            self._bars.below = "; ".join(filter(None, parts))
        if self._live or not phase.total or not (force or now - self._printed_at > PLAIN_EVERY_SECONDS):
            return
        self._printed_at = now
        counts = (
            f"{phase.count} of {phase.total} done, {phase.failed} failed, {waiting} waiting for rate limit"
        )
        slow = phase.in_flight() if phase.longest_work > _LONG_SECONDS else ""
        self._print(f"{phase.name}: {', '.join(filter(None, (counts, left)))}{f'; {slow}' if slow else ''}")

    def _print(self, text: str) -> None:
        """Print a line; where no terminal shows when it came, with the time."""
        if self._options.quiet:
            return
        stamp = "" if self._console.is_terminal else f"{datetime.now(UTC):%H:%M:%SZ} "
        self._console.print(f"{stamp}{text}", highlight=False, markup=False)

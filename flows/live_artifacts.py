"""What a run shows in Prefect while it goes on: the progress of its phase and of each wave, and the wave board.

Everything about waves is read from the ledger at one moment, so the artifacts of a run agree with each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

import orjson
from prefect.artifacts import (
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.context import FlowRunContext

from flows.artifacts import artifact_key
from flows.prefect_calls import REFUSALS, ServerEnded, asking_prefect
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind
from phonefleet.model.run_record import BatchProgress, RunSummary
from tasks.run_context import Progress

UPDATE_EVERY_SECONDS = 2.0
_LAST_UPDATE_SECONDS = 5.0
_UPDATE_SECONDS = 10.0
"""How long an update may take."""
_FAILED = (OutcomeKind.FAILED, OutcomeKind.ROLLED_BACK)
_log = logging.getLogger(__name__)

Row = dict[str, str | int]


class LiveArtifacts:
    """An observer of a run that counts the tenants of its phase, and publishes that and the waves.

    Args:
        ledger: the ledger that has the run.
        run: the run.
        watched: the observer that shows the counts of the waves to a person.
    """

    def __init__(self, ledger: Ledger, run: RunSummary, watched: Progress) -> None:
        self._watched = watched
        self._ledger = ledger
        self._run = run
        self._phase, self._total, self._count, self._failed = "", 0, 0, 0
        self._artifacts: dict[str, UUID] = {}
        self._shown: dict[str, object] = {}
        self._is_refused = False

    def started(self, run_id: str, address: str = "") -> None:
        """Ignore the start."""

    def begin(self, phase: str, total: int) -> None:
        """Start counting for a phase over `total` tenants."""
        self._phase, self._total, self._count, self._failed = phase, total, 0, 0

    def overall(self, ended: int, planned: int) -> None:
        """Ignore the counts: they come from here."""

    def working(self, domain: str) -> None:
        """Ignore the task: Prefect shows it."""

    def idle(self, domain: str) -> None:
        """Ignore the task: Prefect shows it."""

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:  # noqa: ARG002
        """Count a tenant that has completed the phase."""
        self._count += 1
        self._failed += failed

    def say(self, text: str) -> None:
        """Ignore the event: the run's log has it."""

    def waiting(self, domain: str, seconds: float) -> None:
        """Ignore the wait: the run's log has it."""

    @asynccontextmanager
    async def published(self) -> AsyncIterator[None]:
        """Publish what has changed every two seconds, and once more at the end. Outside of a flow run do nothing."""
        if FlowRunContext.get() is None:
            yield
            return
        publishing = asyncio.create_task(self._publish_forever())
        try:
            yield
        finally:
            publishing.cancel()
            await asyncio.wait([publishing], timeout=_LAST_UPDATE_SECONDS)
            # Not longer: a run that was cancelled is to end within seconds.
            await asyncio.wait([asyncio.create_task(self._publish())], timeout=_LAST_UPDATE_SECONDS)

    async def _publish_forever(self) -> None:
        while True:
            await asyncio.sleep(UPDATE_EVERY_SECONDS)
            await self._publish()

    async def _publish(self) -> None:
        """Publish what has changed. A server that fails is only logged, once: the ledger has everything."""
        board = await self._ledger.waves.board.in_thread(self._run.run_id)
        if board:
            self._watched.overall(sum(b.ended for b in board), sum(b.batch.planned for b in board))
        try:
            async with asking_prefect(_UPDATE_SECONDS):
                await self._show(board)
        except ServerEnded:
            return
        except REFUSALS as error:
            if not self._is_refused:
                _log.warning(
                    "run %s: Prefect did not take its progress (%s)", self._run.run_id, type(error).__name__
                )
            self._is_refused = True
        else:
            self._is_refused = False

    async def _show(self, board: list[BatchProgress]) -> None:
        if self._total:
            failed = f", {self._failed} failed" if self._failed else ""
            text = f"{self._phase}: {min(self._count, self._total)} of {self._total} tenants{failed}"
            await self._show_progress("progress", self._count, self._total, text)
        for wave in dict.fromkeys(each.batch.wave for each in board):
            batches = [each for each in board if each.batch.wave == wave]
            ended, planned = sum(b.ended for b in batches), sum(b.batch.planned for b in batches)
            text = f"wave {wave}: {ended} of {planned} tenants, {_counts(batches) or 'none has ended'}"
            await self._show_progress(f"wave {wave}", ended, planned, text)
        if board:
            await self._show_board([_row(each) for each in board])

    async def _show_progress(self, what: str, done: int, total: int, text: str) -> None:
        percent = round(min(100.0, 100 * done / total), 1) if total else 100.0
        if self._shown.get(what) == (percent, text):
            return
        text_of_run = f"Run {self._run.run_id}, {text}"
        if what in self._artifacts:
            await aupdate_progress_artifact(self._artifacts[what], percent, text_of_run)
        else:
            key = artifact_key(self._run, what)
            self._artifacts[what] = await acreate_progress_artifact(percent, key=key, description=text_of_run)
        self._shown[what] = (percent, text)

    async def _show_board(self, rows: list[Row]) -> None:
        what = "waves"
        if self._shown.get(what) == rows:
            return
        if what in self._artifacts:
            async with get_client() as client:
                data = orjson.dumps(rows).decode()
                await client.update_artifact(self._artifacts[what], ArtifactUpdate(data=data))
        else:
            self._artifacts[what] = await acreate_table_artifact(
                [{**row} for row in rows],
                key=artifact_key(self._run, what),
                description=f"Run {self._run.run_id}: its waves",
            )
        self._shown[what] = rows


def _row(progress: BatchProgress) -> Row:
    batch = progress.batch
    state = (
        str(batch.verdict)
        if batch.verdict is not None
        else "waiting"
        if batch.started_at is None
        else "running"
    )
    return {
        "wave": batch.wave,
        "batch": batch.batch,
        "state": state,
        "tenants": batch.planned,
        "ended": progress.ended,
        "outcomes": _counts([progress]),
        "failed": sum(progress.outcomes.get(kind, 0) for kind in _FAILED),
        "tolerated failures": batch.failure_tolerance,
        "reason": batch.reason,
    }


def _counts(batches: Iterable[BatchProgress]) -> str:
    """Return the tenants by outcome, such as `3 migrated, 1 failed`."""
    totals: dict[OutcomeKind, int] = {}
    for each in batches:
        for kind, count in each.outcomes.items():
            totals[kind] = totals.get(kind, 0) + count
    return ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(totals.items()))

"""The durable record of every run: an intent before each write to a tenant, its result after it.

`Ledger` keeps it in SQLite (a file) or PostgreSQL (a URL). Facts are only ever added, by triggers in the
database too, and every state is derived from them; leases alone change in place. Methods block: call them
with `asyncio.to_thread` from a coroutine. Every failure is a `LedgerError` or, for a lease, `LeaseHeld`.
"""

from __future__ import annotations

from phonefleet.ledger.baseline import Baselines
from phonefleet.ledger.history import History
from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.interrupted import Interrupted
from phonefleet.ledger.leases import Leases, run_lease
from phonefleet.ledger.messages import Messages
from phonefleet.ledger.models import (
    Approval,
    HistoryEntry,
    IntentRecord,
    Lease,
    LeaseConflict,
    MessageEntry,
    MessageEvidence,
    Result,
    RunSummary,
    SnapshotMoment,
    SnapshotRecord,
)
from phonefleet.ledger.reading import Reading
from phonefleet.ledger.runs import Runs
from phonefleet.ledger.steps import Steps
from phonefleet.ledger.waves import Waves


class Ledger(Runs, Waves, Leases, Steps, Messages, Reading, Baselines, Interrupted, History):
    """An open ledger; `Ledger.open` makes one, and it is a context manager that closes it."""


__all__ = [
    "Approval",
    "HistoryEntry",
    "IntentRecord",
    "Lease",
    "LeaseConflict",
    "Ledger",
    "MessageEntry",
    "MessageEvidence",
    "Result",
    "RunSummary",
    "SnapshotMoment",
    "SnapshotRecord",
    "run_lease",
    "this_holder",
]

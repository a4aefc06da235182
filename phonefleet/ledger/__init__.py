"""The durable record of every run: an intent before each write to a tenant, its result after it.

`Ledger` keeps it in SQLite (a file) or PostgreSQL (a URL). Facts are only ever added, by triggers in the
database too, and every state is derived from them; leases alone change in place. Each store's methods block;
from a coroutine, await their `in_thread`. Every failure is a `LedgerError` or, for a lease, `LeaseHeld`.
"""

from __future__ import annotations

from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.lease_store import run_lease
from phonefleet.ledger.ledger import Ledger

__all__ = ["Ledger", "run_lease", "this_holder"]

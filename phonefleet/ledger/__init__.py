"""The durable record of every run: an intent before each write to a tenant, its result after it.

`ledger.Ledger` keeps it in SQLite (a file) or PostgreSQL (a URL). Facts are only added, which database triggers
enforce, and every state is derived from them; only leases change in place. Each store's methods block; a coroutine
awaits their `in_thread`. Every failure is a `LedgerError` or, for a lease, `LeaseHeld`.
"""

"""One run's open things: the fleet, the ledger, the door to Auth0, secrets and leases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import make_url

from configs import Fleet, TenantRef
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.execution.executor import RetryPolicy, StepExecutor
from phonefleet.execution.lease_keeper import TTL, LeaseKeeper
from phonefleet.execution.write_counter import count_request
from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.plan import Plan
from phonefleet.secrets.store import SecretStore

LEDGER_FILE = "ledger.sqlite"


def ledger_place(fleet: Fleet, secrets: SecretStore) -> Path | SecretStr:
    """Where a fleet's ledger is kept: a file below its state directory, or a URL with its password put in."""
    kept = fleet.ledger
    if kept.url_from:
        return secrets.resolve(kept.url_from)
    if kept.url is None:
        return fleet.state_dir / LEDGER_FILE
    url = make_url(kept.url)
    if kept.password:
        url = url.set(password=secrets.resolve(kept.password).get_secret_value())
    return SecretStr(url.render_as_string(hide_password=False))


def open_ledger(fleet: Fleet, *, create: bool = True) -> Ledger:
    """Open a fleet's ledger.

    Raises:
        LedgerError: it cannot be opened; the message says why and what to do.
    """
    return Ledger.open(ledger_place(fleet, SecretStore()), create=create)


@dataclass
class Session:
    """Everything that the phases of one run share; open it with `Session.running`."""

    fleet: Fleet
    ledger: Ledger
    run_id: str
    door: ClientPool
    secrets: SecretStore
    leases: LeaseKeeper
    patience: RetryPolicy

    @classmethod
    @asynccontextmanager
    async def running(
        cls,
        fleet: Fleet,
        ledger: Ledger,
        run_id: str,
        *,
        on_wait: Callable[[str, float], None] | None = None,
        patience: RetryPolicy | None = None,
        lease_ttl: timedelta = TTL,
    ) -> AsyncIterator[Session]:
        """Open the door and keep the leases renewed for as long as the context lasts.

        Args:
            fleet: the fleet.
            ledger: its open ledger; not closed here.
            run_id: the run, already recorded in the ledger.
            on_wait: told the domain and the seconds whenever a tenant's rate limit makes a request wait.
            patience: how long read-backs are repeated.
            lease_ttl: how long leases last without being renewed.

        Raises:
            LeaseHeld: another process is at work on the run.
        """
        connection = fleet.connection
        door = ClientPool(
            connection.connect_to,
            connection.ca_file,
            connection.timeout.total_seconds(),
            on_wait=on_wait,
            on_request=count_request,
        )
        leases = LeaseKeeper(ledger, this_holder(), run_id, lease_ttl)
        async with door, leases.renewing():
            patience = patience or RetryPolicy(logs=fleet.rollout.evidence_deadline)
            yield cls(fleet, ledger, run_id, door, SecretStore(), leases, patience)

    def api(self, ref: TenantRef) -> ManagementApi:
        """The door of one tenant; its secret is read when a token is asked for."""
        return self.door.tenant(
            ref.domain, ref.client_id, lambda: self.secrets.resolve(ref.client_secret), str(ref.tier)
        )

    def worker(self, ref: TenantRef, plan: Plan) -> StepExecutor:
        """A worker on one tenant; the lease is asked for at each write."""
        secrets = tuple(ref.secret_refs().values())
        return StepExecutor(
            api=self.api(ref),
            ledger=self.ledger,
            lease=lambda: self.leases.lease(ref.domain),
            run_id=self.run_id,
            plan=plan,
            fill=lambda body: self.secrets.filled(body, secrets),
            patience=self.patience,
        )

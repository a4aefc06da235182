"""What a process needs to work on a run, opened from the path of the fleet file and the id of the run.

The fleet comes from its file, the run's options and plans from the ledger, secrets from their references. Clients and
leases belong to the process. A flow opens the context of its run with `open_run_context`. A task enters `run_context`:
where the flow runs in the same event loop the task shares the flow's context, which saves it a ledger and a client
pool; in any other process it opens a context of its own and closes it afterwards.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from configs import Fleet, TenantRef, load_fleet
from phonefleet.auth0.capacity import allow_descriptors, capacity_for
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.rate_limit_patience import limited_waiting
from phonefleet.auth0.request_meter import RequestMeter
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.auth0.transport import RequestSeen
from phonefleet.delivery.twilio_api import TwilioApi, open_twilio
from phonefleet.errors import PlanRefused
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.lease_keeper import TTL, LeaseKeeper
from phonefleet.execution.phases import DeliveryPolicy
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.write_counter import count_request
from phonefleet.garbage_collection import leave_loaded_out
from phonefleet.ledger.holders import this_holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.ledger.location import open_ledger
from phonefleet.model.plan import Plan
from phonefleet.model.run_options import RunOptions
from phonefleet.secrets.known_values import KNOWN
from phonefleet.secrets.log_redaction import mask_logs
from phonefleet.secrets.prefect_credentials import know_prefect_credentials
from phonefleet.secrets.store import SecretStore
from phonefleet.system_user import operating_system_user
from tasks.lease_sources import LeaseSource, leases_of_a_task, leases_of_the_run, leases_of_this_process
from tasks.prefect_blocks import use_prefect_blocks


class Progress(Protocol):
    """An observer of a run."""

    def started(self, run_id: str, address: str = "") -> None:
        """Note that this run is in the ledger and its context is open; `address` shows it in a browser."""

    def begin(self, phase: str, total: int) -> None:
        """Note that a phase over `total` tenants begins."""

    def overall(self, ended: int, planned: int) -> None:
        """Note how many tenants of the waves that are planned so far have an outcome."""

    def working(self, domain: str) -> None:
        """Note that a task of this tenant begins."""

    def idle(self, domain: str) -> None:
        """Note that the task of this tenant has ended, whatever came of it."""

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Note that a tenant has completed the phase; `what` is its verdict or outcome."""

    def say(self, text: str) -> None:
        """Note an event of the run: a wave begins, a gate stops it, it is paused."""

    def waiting(self, domain: str, seconds: float) -> None:
        """Note that a request of this tenant waits for its rate limit."""


class NoProgress:
    """An observer that ignores everything."""

    def started(self, run_id: str, address: str = "") -> None:
        """Ignore the start."""

    def begin(self, phase: str, total: int) -> None:
        """Ignore the phase."""

    def overall(self, ended: int, planned: int) -> None:
        """Ignore the waves."""

    def working(self, domain: str) -> None:
        """Ignore the task."""

    def idle(self, domain: str) -> None:
        """Ignore the task."""

    def done(self, domain: str, what: str, *, failed: bool = False) -> None:
        """Ignore the tenant."""

    def say(self, text: str) -> None:
        """Ignore the event."""

    def waiting(self, domain: str, seconds: float) -> None:
        """Ignore the wait."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run in one process.

    Attributes:
        fleet_file: path of the fleet file, for the tasks of this run.
        fleet: what the file says.
        tenants: the fleet's tenants by domain.
        run_id: the run, which the ledger has.
        verb: its verb.
        options: what the run was asked for.
        ledger: the fleet's ledger.
        clients: connections to the tenants.
        secrets: resolves the fleet's references to secrets.
        leases: the leases that this process holds for the run.
        retry_policy: how long read-backs are repeated.
        lease_source: gives the lease under which a task writes to a tenant.
        progress: the observer of the run.
        meter: counts this process's requests.
    """

    fleet_file: str
    fleet: Fleet
    tenants: Mapping[str, TenantRef]
    run_id: str
    verb: str
    options: RunOptions
    ledger: Ledger
    clients: ClientPool
    secrets: SecretStore
    leases: LeaseKeeper
    retry_policy: RetryPolicy
    lease_source: LeaseSource
    progress: Progress
    meter: RequestMeter

    @property
    def delivery_policy(self) -> DeliveryPolicy:
        """How test messages are sent and judged."""
        rollout = self.fleet.rollout
        return DeliveryPolicy(
            rollout.evidence_deadline, rollout.when_inconclusive, resend=self.options.resend_tests
        )

    def api(self, ref: TenantRef) -> ManagementApi:
        """Return the client of one tenant; its secret is read when a token is requested."""
        return open_tenant(self.clients, ref, self.secrets.resolve)

    def twilio(self, ref: TenantRef) -> TwilioApi | None:
        """Return Twilio's API for one tenant's account; None where it is not to be asked for receipts."""
        return open_twilio(self.clients.client_for, ref.target.twilio, self.secrets.resolve)

    async def plan_of(self, domain: str) -> Plan:
        """Return the plan that this run recorded for a tenant.

        Raises:
            PlanRefused: it recorded none.
        """
        plan = await self.ledger.plans.of_run.in_thread(self.run_id, domain)
        if plan is None:
            raise PlanRefused(
                f"{domain}: run {self.run_id} recorded no plan of it: assess it in this run first"
            )
        return plan

    @asynccontextmanager
    async def executor(self, ref: TenantRef, plan: Plan) -> AsyncIterator[StepExecutor]:
        """Yield an executor of a tenant's plan; every write is checked against the tenant's lease.

        Raises:
            LeaseHeld: another run holds the lease.
        """
        references = tuple(ref.secret_refs().values())
        async with self.lease_source(ref.domain) as lease:
            yield StepExecutor(
                api=self.api(ref),
                ledger=self.ledger,
                lease=lease,
                run_id=self.run_id,
                plan=plan,
                resolve_secret=lambda secret: self.secrets.resolve_named(secret.reference, references),
                retry_policy=self.retry_policy,
            )


_ON_ITS_WAY_AFTER_TIMEOUT = timedelta(seconds=5)
"""Auth0 may carry a request out although its client no longer waits for the answer."""
_open: dict[tuple[asyncio.AbstractEventLoop, Path, str], RunContext] = {}
"""Contexts that flows have open, by event loop: clients and locks belong to the loop in which they were made."""


def _key(fleet_file: Path, run_id: str) -> tuple[asyncio.AbstractEventLoop, Path, str]:
    return asyncio.get_running_loop(), fleet_file.absolute(), run_id


@asynccontextmanager
async def open_run_context(
    fleet: Fleet,
    ledger: Ledger,
    run_id: str,
    *,
    resume_with: RunOptions | None = None,
    shard: int | None = None,
    progress: Progress | None = None,
    retry_policy: RetryPolicy | None = None,
    lease_ttl: timedelta = TTL,
) -> AsyncIterator[RunContext]:
    """Open a run as the one process that drives it or works on a shard, and share it with the tasks in this event loop.

    Args:
        fleet: the fleet.
        ledger: its open ledger; not closed here.
        run_id: the run, already recorded in the ledger.
        resume_with: records that the run is continued with these options; None for a new run.
        shard: the shard of the run that this process works on; None where it drives the run.
        progress: the observer of the run.
        retry_policy: how long read-backs are repeated.
        lease_ttl: how long leases last without being renewed.

    Raises:
        LeaseHeld: another process drives the run, or has worked on the shard.
    """
    keeper = LeaseKeeper(ledger, this_holder(), run_id, lease_ttl, shard)
    source = leases_of_this_process(keeper)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(keeper.renewing())
        if resume_with is not None:
            given = resume_with.model_dump(mode="json")
            await ledger.runs.resume.in_thread(run_id, operating_system_user(), given)
        context = await stack.enter_async_context(
            _context(fleet, ledger, run_id, keeper, source, progress, retry_policy)
        )
        key = _key(fleet.source, run_id)
        _open[key] = context
        try:
            yield context
        finally:
            del _open[key]


@asynccontextmanager
async def run_context(fleet_file: str, run_id: str) -> AsyncIterator[RunContext]:
    """Yield the context of a run to a task: the one that its flow has open here, or a new one.

    Within it the task's requests wait for rate limits as long as `connection.rate_limit_patience` in all.

    A process in which the flow does not run writes under the leases of the flow's process, which renews them. Where no
    process drives the run, this one does until the task ends, and acquires the lease of the tenant for the task.

    Raises:
        ConfigError: the fleet file has problems.
        LedgerError: the ledger cannot be opened or has no such run.
    """
    shared = _open.get(_key(Path(fleet_file), run_id))
    if shared is not None:
        with limited_waiting(shared.fleet.connection.rate_limit_patience.total_seconds()):
            yield shared
        return
    fleet = await asyncio.to_thread(load_fleet, Path(fleet_file))
    with await asyncio.to_thread(open_ledger, fleet, create=False) as ledger:
        keeper = LeaseKeeper(ledger, this_holder(), run_id)
        async with AsyncExitStack() as stack:
            if (await ledger.runs.summary.in_thread(run_id)).holder:
                source = leases_of_the_run(ledger, run_id)
            else:
                await stack.enter_async_context(keeper.renewing())
                source = leases_of_a_task(keeper)
            stack.enter_context(limited_waiting(fleet.connection.rate_limit_patience.total_seconds()))
            yield await stack.enter_async_context(_context(fleet, ledger, run_id, keeper, source))


@asynccontextmanager
async def _context(
    fleet: Fleet,
    ledger: Ledger,
    run_id: str,
    keeper: LeaseKeeper,
    source: LeaseSource,
    progress: Progress | None = None,
    retry_policy: RetryPolicy | None = None,
) -> AsyncIterator[RunContext]:
    mask_logs()
    know_prefect_credentials()
    KNOWN.reserve(tenant.domain for tenant in fleet.tenants)
    use_prefect_blocks()
    leave_loaded_out()
    observer = progress or NoProgress()
    connection = fleet.connection
    meter = RequestMeter()
    at_once = fleet.rollout.concurrency

    def seen(request: RequestSeen) -> None:
        count_request(request)
        meter.note(request)

    clients = ClientPool(
        connection.connect_to,
        connection.ca_file,
        connection.timeout.total_seconds(),
        on_wait=observer.waiting,
        on_request=seen,
        capacity=capacity_for(at_once, allow_descriptors(at_once)),
    )
    summary = await ledger.runs.summary.in_thread(run_id)
    async with clients:
        yield RunContext(
            fleet_file=str(fleet.source.absolute()),
            fleet=fleet,
            tenants={tenant.domain: tenant for tenant in fleet.tenants},
            run_id=run_id,
            verb=summary.verb,
            options=RunOptions.model_validate(summary.options),
            ledger=ledger,
            clients=clients,
            secrets=SecretStore(),
            leases=keeper,
            retry_policy=retry_policy
            or RetryPolicy(
                logs=fleet.rollout.evidence_deadline,
                in_flight=connection.timeout + _ON_ITS_WAY_AFTER_TIMEOUT,
                repeated=connection.rate_limit_patience + timedelta(seconds=RetryLimits().seconds),
            ),
            lease_source=source,
            progress=observer,
            meter=meter,
        )

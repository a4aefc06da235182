"""Simulated tenants for tests, and everything that is needed to migrate them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from configs import TenantRef, WhenInconclusive
from phonefleet.auth0.client_pool import ClientPool
from phonefleet.auth0.management_api import ManagementApi
from phonefleet.auth0.retry import RetryLimits
from phonefleet.auth0.tenant_client import open_tenant
from phonefleet.execution import phases
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.lease_keeper import LeaseKeeper
from phonefleet.execution.phases import assess, prepare, switch
from phonefleet.execution.retry_policy import RetryPolicy
from phonefleet.execution.rollback import RolledBack, roll_back
from phonefleet.ledger.holders import Holder
from phonefleet.ledger.ledger import Ledger
from phonefleet.model.enums import OutcomeKind, StepKind
from phonefleet.model.plan import Plan
from phonefleet.model.run_record import IntentRecord, SnapshotMoment, TenantRecord
from phonefleet.model.step_payloads import SecretReference
from phonefleet.model.steps import Step
from phonefleet.planning.planner import Assessed
from phonefleet.secrets.store import SecretStore
from tests.intent_names import intent_name
from tests.pace import NO_WAITING

NUMBER = "+15005550006"
QUICK_API_RETRIES = RetryLimits(base=0.001)
QUICK_RETRY = RetryPolicy(
    read_back=timedelta(seconds=0.3),
    build=timedelta(seconds=2),
    first_pause=timedelta(milliseconds=5),
    longest_pause=timedelta(milliseconds=50),
    logs=timedelta(seconds=2),
    in_flight=timedelta(seconds=0.3),
)
VOLATILE = {"id", "created_at", "updated_at", "number", "built_at"}


def policy(*, seconds: float = 3.0, proceed: bool = False, resend: bool = False) -> phases.DeliveryPolicy:
    """How test messages are judged; HOLD unless `proceed`."""
    when = WhenInconclusive.PROCEED if proceed else WhenInconclusive.HOLD
    return phases.DeliveryPolicy(timedelta(seconds=seconds), when, resend)


@dataclass
class Tenant:
    """One simulated tenant, its operator's reference to it, and the control plane's view of it."""

    bench: TenantBench
    ref: TenantRef
    created: dict[str, Any]

    @property
    def domain(self) -> str:
        return self.ref.domain

    @property
    def api(self) -> ManagementApi:
        return self.bench.api(self.ref)

    def retarget(self, **target: Any) -> TenantRef:
        """The reference with a changed target."""
        kept = self.ref.model_dump(exclude={"target"})
        new = {**{k: v for k, v in self.ref.target.model_dump().items() if v is not None}, **target}
        self.ref = TenantRef.model_validate(
            {**kept, "target": {k: v for k, v in new.items() if v is not None}}
        )
        return self.ref

    async def _get(self, path: str, **params: str) -> dict[str, Any]:
        answer = await self.bench.control.get(f"/_simulator/tenants/{self.domain}{path}", params=params)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def dump(self) -> dict[str, Any]:
        return await self._get("")

    async def change(self, **changes: Any) -> None:
        answer = await self.bench.control.post(f"/_simulator/tenants/{self.domain}/override", json=changes)
        assert answer.status_code == 200, answer.text

    def put_identifier(self) -> None:
        """Phone numbers as identifiers of a connection in use, as its owner chooses them in the dashboard."""
        world = self.bench.world.fleet.get(self.domain)
        world.connections["con_db"] = {
            "id": "con_db",
            "name": "users",
            "strategy": "auth0",
            "enabled_clients": [next(iter(world.clients))],
            "options": {"attributes": {"phone_number": {"identifier": {"active": True}}}},
        }

    async def writes(self) -> list[tuple[str, str]]:
        """Writes that were done, as method and path, oldest first."""
        requests = (await self._get("/requests"))["requests"]
        return [
            (r["method"], r["path"].removeprefix("/api/v2"))
            for r in requests
            if r["write"] and r["applied"] and r["path"] != "/oauth/token"
        ]

    async def messages(self) -> int:
        """How many test messages were taken."""
        return sum(1 for method, path in await self.writes() if method == "POST" and path.endswith("/try"))

    async def deliver(self, use: str, method: str = "text") -> dict[str, Any]:
        return await self._get("/deliver", use=use, method=method)

    async def wording(self, use: str, method: str = "text", connection: str = "sms") -> dict[str, str]:
        """What a user's phone gets now, by type of message; nothing where it cannot be rendered or sent."""
        found = await self._get("/wording", use=use, method=method, connection=connection)
        return {message["type"]: message["text"] for message in found["messages"]}

    async def delivering(self) -> dict[tuple[str, str], str]:
        """Each way in use now and its path; every one must deliver."""
        state = await self.dump()
        ways: dict[tuple[str, str], str] = {}
        guardian = state["guardian"]
        uses = [("mfa", "voice" if t == "voice" else "text") for t in guardian["message_types"]]
        uses = uses if guardian["factors"]["sms"] else []
        if any(c["strategy"] == "sms" and c["enabled_clients"] for c in state["connections"]):
            uses.append(("passwordless", "text"))
        for use, method in uses:
            found = await self.deliver(use, method)
            assert found["delivered"], f"{use} by {method}: {found}"
            ways[use, method] = found["path"]
        return ways

    async def assess(self) -> Assessed:
        return await assess(self.api, self.ref, self.bench.ledger)

    async def plan(self) -> Plan:
        found = await self.assess()
        assert found.plan is not None, found.judgement.assessment.reasons
        return found.plan

    async def executor(self, plan: Plan | None = None) -> StepExecutor:
        """A executor with a lease and the recorded plan."""
        return await self.bench.executor(self.ref, plan or await self.plan())

    async def migrate(self, **how: Any) -> Migrated:
        before = await self.assess()
        assert before.plan is not None, before.judgement.assessment.reasons
        executor = await self.executor(before.plan)
        await prepare(executor, policy(**how))
        await switch(executor, self.ref)
        return Migrated(self, executor, before)


@dataclass
class Migrated:
    """A tenant that was migrated, with what is needed to take it back."""

    tenant: Tenant
    executor: StepExecutor
    before: Assessed

    async def roll_back(self, *accepted: str) -> RolledBack:
        self.tenant.bench.keep_snapshot(self.executor, self.before)
        return await roll_back(self.executor, self.tenant.ref, frozenset(accepted))

    def record_rolled_back(self) -> None:
        """Record the outcome, as a run does after the rollback."""
        outcome = OutcomeKind.ROLLED_BACK
        self.executor.ledger.tenants.set_outcome(self.executor.run_id, self.tenant.domain, outcome)


@dataclass
class TenantBench:
    """The simulator's control API, a client pool, a ledger and leases."""

    control: httpx.AsyncClient
    client_pool: ClientPool
    ledger: Ledger
    setenv: Callable[[str, str], None]
    name: str
    world: Any
    """The simulator's own state, for what no control request changes."""
    secrets: SecretStore = field(default_factory=SecretStore)
    created: int = 0

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002
        """For Hypothesis, which would print the whole simulated world."""
        printer.text(f"TenantBench({self.name})")

    def api(self, ref: TenantRef) -> ManagementApi:
        return open_tenant(self.client_pool, ref, self.secrets.resolve)

    async def tenant(
        self, kind: str, target: dict[str, Any] | None = None, seed: str = "", **overrides: Any
    ) -> Tenant:
        """Make a tenant of a kind; `target` replaces keys of what its operator would write."""
        self.created += 1
        stem = hashlib.sha256(f"{self.name}/{self.created}".encode()).hexdigest()[:8]
        domain = f"{seed or kind.replace('_', '-') + '-' + stem}.eu.auth0.com"
        body = {"kind": kind, "overrides": {"tier": "unlimited", **overrides}}
        answer = await self.control.put(f"/_simulator/tenants/{domain}", json=body)
        assert answer.status_code == 200, answer.text
        created = answer.json()
        ref = TenantRef.model_validate(
            {
                "domain": domain,
                "client_id": created["client_id"],
                **self._credential(domain, created),
                "tier": "enterprise_production",
                "target": {
                    k: v for k, v in (self._target(domain, created) | (target or {})).items() if v is not None
                },
            }
        )
        return Tenant(self, ref, created)

    def _credential(self, domain: str, created: dict[str, Any]) -> dict[str, str]:
        if key := created.get("private_key"):
            reference = self._secret(domain, "PRIVATE_KEY", key)
            return {"token_endpoint_auth_method": "private_key_jwt", "private_key": reference}
        return {"client_secret": self._secret(domain, "CLIENT_SECRET", created["client_secret"])}

    def _target(self, domain: str, created: dict[str, Any]) -> dict[str, Any]:
        target: dict[str, Any] = {"test_numbers": {"text": NUMBER, "voice": NUMBER}}
        if token := created.get("twilio_auth_token"):
            target["twilio"] = {"auth_token": self._secret(domain, "TWILIO", token)}
        if secret := created.get("gateway_secret"):
            target["gateway_secret"] = self._secret(domain, "GATEWAY", secret)
        named = created.get("action_secrets") or {}
        target["action_secrets"] = {n: self._secret(domain, f"ACTION_{n}", v) for n, v in named.items()}
        return target

    def _secret(self, domain: str, what: str, value: str) -> str:
        name = f"{domain.partition('.')[0].upper().replace('-', '_')}_{what}"
        self.setenv(name, value)
        return f"env:{name}"

    async def executor(self, ref: TenantRef, plan: Plan) -> StepExecutor:
        run = self.ledger.runs.start(
            "migrate", "bench", [TenantRecord(domain=ref.domain)], options={}, started_by="bench", version="0"
        )
        self.ledger.tenants.add_plan(run, ref.domain, plan)
        for held in self.ledger.leases.in_force():
            self.ledger.leases.unlock(held.domain, "ann")
        leases = LeaseKeeper(self.ledger, Holder("bench"), run)
        assert await leases.acquire([ref.domain]) == []
        secrets = tuple(ref.secret_refs().values())
        return StepExecutor(
            api=self.api(ref),
            ledger=self.ledger,
            lease=lambda: leases.lease(ref.domain),
            run_id=run,
            plan=plan,
            resolve_secret=lambda secret: self.secrets.resolve_named(secret.reference, secrets),
            retry_policy=QUICK_RETRY,
        )

    def keep_snapshot(self, executor: StepExecutor, before: Assessed) -> None:
        """Record the tenant as it was before, as a run does."""
        if before.snapshot not in [r.snapshot for r in self.ledger.snapshots.of_tenant(executor.plan.domain)]:
            self.ledger.snapshots.add(
                executor.run_id, executor.plan.domain, SnapshotMoment.BEFORE, before.snapshot
            )

    async def faults(self, *rules: dict[str, Any], **more: Any) -> None:
        document = {"rules": list(rules), "rate_limit": NO_WAITING, **more}
        answer = await self.control.put("/_simulator/faults", json=document)
        assert answer.status_code == 200, answer.text

    async def matched(self) -> list[int]:
        found: list[int] = (await self.control.get("/_simulator/faults")).json()["matched"]
        return found


def of_kind(plan: Plan, kind: StepKind) -> Step:
    """The plan's one step of a kind."""
    (step,) = [s for s in plan.steps if s.kind is kind]
    return step


def twin(plan: Plan) -> Plan:
    """The same steps under another checksum."""
    return Plan.model_validate(plan.model_dump() | {"basis": "another"})


def results(executor: StepExecutor) -> list[tuple[str, str]]:
    """What the ledger says of every intent of the tenant: its name and result, oldest first."""
    return [(intent_name(r), str(r.result)) for r in records(executor)]


def records(executor: StepExecutor) -> list[IntentRecord]:
    return executor.ledger.steps.of_tenant(domain=executor.api.domain)


def settled(state: Any) -> Any:
    """A dump without ids and times, lists of objects in a fixed order."""
    match state:
        case dict():
            return {k: settled(v) for k, v in state.items() if k not in VOLATILE}
        case list():
            return sorted((settled(v) for v in state), key=repr)
        case _:
            return state


def request_body(executor: StepExecutor, step: Step) -> dict[str, Any]:
    """The request that creates what a step plans, with the values of its secrets."""

    def resolved(value: Any) -> Any:
        match value:
            case {"$secret": str(name)}:
                return executor.resolve_secret(SecretReference(reference=name))
            case dict():
                return {key: resolved(inner) for key, inner in value.items()}
            case list():
                return [resolved(inner) for inner in value]
            case _:
                return value

    body: dict[str, Any] = resolved(step.after_json)
    return body

"""A tenant sends at every moment, whatever the order of migrations, failures, rollbacks and foreign changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from phonefleet.errors import PhonefleetError, StepFailed, TenantError
from phonefleet.execution.applied_plans import snapshot_before_migrations
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.rollback import RolledBack, roll_back, roll_back_failed_plan
from phonefleet.model.enums import OutcomeKind, ReasonCode
from tests.tenant_bench import Tenant, TenantBench, policy

KINDS = (
    "twilio_sms",
    "passwordless_twilio",
    "passwordless_gateway",
    "mfa_and_passwordless_twilio",
    "half_migrated",
)
EFFECTS = ("drop_before", "drop_after", "lie", "status")

Fault = tuple[str, int] | None
"""What goes wrong with every write from the n-th on."""
faults = st.none() | st.tuples(st.sampled_from(EFFECTS), st.integers(0, 8))
deeds = st.one_of(
    st.tuples(st.just("migrate"), faults),
    st.tuples(st.just("rollback"), faults),
    st.tuples(
        st.sampled_from(
            ["connection switched off", "tenant switched off", "tenant switched on", "provider edited"]
        ),
        st.none(),
    ),
)
stories = st.lists(deeds, min_size=3, max_size=7)


async def going_wrong(bench: TenantBench, tenant: Tenant, fault: Fault) -> None:
    rules = []
    if fault is not None:
        effect, after = fault
        status = {"status": 400} if effect == "status" else {}
        rules = [
            {
                "domain": tenant.domain,
                "method": method,
                "path": "/api/*",
                "effect": effect,
                "after": after,
                **status,
            }
            for method in ("PATCH", "POST", "DELETE")
        ]
    await bench.faults(*rules)


async def migrate(bench: TenantBench, tenant: Tenant, fault: Fault) -> None:
    """Migrate as a run does: a plan that fails after its first switch is reverted."""
    found = await tenant.assess()
    if found.plan is None:
        return
    executor = await tenant.executor(found.plan)
    bench.keep_snapshot(executor, found)
    await going_wrong(bench, tenant, fault)
    try:
        await prepare(executor, policy(seconds=0.2))
    except PhonefleetError:
        return
    try:
        await switch(executor, tenant.ref)
    except TenantError:
        await bench.faults()
        await roll_back_failed_plan(executor, tenant.ref, frozenset())


async def rolled_back(tenant: Tenant, executor: StepExecutor) -> RolledBack | StepFailed:
    """The rollback, everything accepted that it names; a refusal writes nothing."""
    accepted: frozenset[str] = frozenset()
    while True:
        writes = await tenant.writes()
        try:
            return await roll_back(executor, tenant.ref, accepted)
        except StepFailed as refused:
            if refused.reason != ReasonCode.ROLLBACK_BREAKS:
                raise
            assert await tenant.writes() == writes
            named = frozenset(re.findall(r"changed:[\w:]+", str(refused)))
            if not named - accepted:
                return refused
            accepted |= named


async def roll_it_back(bench: TenantBench, tenant: Tenant, fault: Fault) -> None:
    """Roll back; if it fails by the fault, repeat it without. Then nothing is applied, or it was refused as a whole."""
    last = bench.ledger.steps.of_tenant(domain=tenant.domain)
    if not last:
        return
    plan = bench.ledger.plans.get(last[-1].plan_checksum)
    first = snapshot_before_migrations(bench.ledger, tenant.domain)
    if fault is not None:
        executor = await tenant.executor(plan)
        await going_wrong(bench, tenant, fault)
        try:
            await rolled_back(tenant, executor)
        except TenantError:
            pass
        finally:
            await bench.faults()
        await tenant.delivering()
    executor = await tenant.executor(plan)
    back = await rolled_back(tenant, executor)
    if isinstance(back, StepFailed):
        assert "no run of this ledger switched it" in str(back)
        return
    outcome = OutcomeKind.ROLLED_BACK if back.changed else OutcomeKind.UNCHANGED
    bench.ledger.tenants.set_outcome(executor.run_id, tenant.domain, outcome)
    assert snapshot_before_migrations(bench.ledger, tenant.domain) is None
    if first is not None:
        assert (await tenant.dump())["flag"] is first.flag
    assert not (await roll_back(await tenant.executor(plan), tenant.ref, frozenset())).changed


async def by_somebody_else(bench: TenantBench, tenant: Tenant, what: str) -> None:
    """Nothing that breaks the tenant by itself."""
    state, simulated = await tenant.dump(), bench.world.fleet.get(tenant.domain)
    match what:
        case "connection switched off":
            for connection in state["connections"]:
                if connection["strategy"] == "sms":
                    off = {connection["name"]: {"options": {"use_phone_provider": False}}}
                    await tenant.change(connections=off)
        case "tenant switched off":
            await tenant.api.set_phone_consolidated_experience(False)
        case "tenant switched on" if simulated.providers:
            await tenant.api.set_phone_consolidated_experience(True)
            if not await sends(tenant):
                await tenant.api.set_phone_consolidated_experience(False)
        case "provider edited" if simulated.providers:
            simulated.provider()["configuration"]["delivery_methods"] = ["text", "voice"]


async def sends(tenant: Tenant) -> bool:
    """Whether every way in use delivers."""
    try:
        await tenant.delivering()
    except AssertionError:
        return False
    return True


async def tell(bench: TenantBench, kind: str, story: list[tuple[str, Fault]]) -> None:
    tenant = await bench.tenant(kind)
    for what, fault in story:
        match what:
            case "migrate":
                await migrate(bench, tenant, fault)
            case "rollback":
                await roll_it_back(bench, tenant, fault)
            case _:
                await by_somebody_else(bench, tenant, what)
        await bench.faults()
        await tenant.delivering()
    if last := bench.ledger.steps.of_tenant(domain=tenant.domain):
        await (await tenant.executor(bench.ledger.plans.get(last[-1].plan_checksum))).recover()
        assert bench.ledger.steps.open_intents(domain=tenant.domain) == []


FINE: Fault = None
TWO_PLANS = [
    ("migrate", FINE),
    ("connection switched off", FINE),
    ("migrate", FINE),
    ("rollback", ("status", 1)),
]
SWITCHED_BY_ANOTHER = [("migrate", ("status", 1)), ("tenant switched on", FINE)]
EDITED = [("migrate", FINE), ("provider edited", FINE), ("tenant switched off", FINE), ("rollback", FINE)]
SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(kind=st.sampled_from(KINDS), story=stories)
@example(kind="passwordless_twilio", story=TWO_PLANS)
@example(kind="twilio_sms", story=[*SWITCHED_BY_ANOTHER, ("rollback", FINE)])
@example(kind="half_migrated", story=EDITED)
async def test_a_tenant_sends_at_every_moment(
    bench: TenantBench, kind: str, story: list[tuple[str, Fault]]
) -> None:
    await tell(bench, kind, story)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@settings(max_examples=300, deadline=None, suppress_health_check=SHARED)
@given(kind=st.sampled_from(KINDS), story=stories)
async def test_a_tenant_sends_whatever_the_order(
    bench: TenantBench, kind: str, story: list[tuple[str, Fault]]
) -> None:
    await tell(bench, kind, story)

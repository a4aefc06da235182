"""Credentials that are written again by a later run: no read shows whether they arrived."""

from __future__ import annotations

import pytest

from phonefleet.errors import TenantError, Unreachable
from phonefleet.execution.executor import StepExecutor
from phonefleet.execution.rollback import roll_back
from phonefleet.model.enums import StepKind
from phonefleet.model.steps import Step
from tests.tenant_bench import Tenant, TenantBench, of_kind, results

ROTATED = "0123456789abcdef0123456789abcdef"
PATHS = {
    StepKind.CREATE_PROVIDER: "/branding/phone/providers/*",
    StepKind.CREATE_ACTION: "/actions/actions/*",
}
KINDS = {StepKind.CREATE_PROVIDER: "twilio_sms", StepKind.CREATE_ACTION: "action_single"}


async def _rotated(bench: TenantBench, kind: StepKind) -> tuple[Tenant, StepExecutor, Step]:
    """Apply a step that creates an object with credentials, change them, and return a later run of the same plan."""
    tenant = await bench.tenant(KINDS[kind])
    before = await tenant.assess()
    assert before.plan is not None
    first = await tenant.executor(before.plan)
    bench.keep_snapshot(first, before)
    step = of_kind(before.plan, kind)
    await first.apply(step)
    for reference in tenant.ref.secret_refs().values():
        if not str(reference).endswith(("CLIENT_SECRET", "PRIVATE_KEY")):
            bench.setenv(str(reference).removeprefix("env:"), ROTATED)
    return tenant, await tenant.executor(before.plan), step


def _arrived(bench: TenantBench, tenant: Tenant) -> bool:
    world = bench.world.fleet.get(tenant.domain)
    tokens = [provider["credentials"]["auth_token"] for provider in world.providers.values()]
    secrets = [secret.value for action in world.actions.values() for secret in action.secrets.values()]
    return ROTATED in (*tokens, *secrets)


async def _apply_lost(bench: TenantBench, executor: StepExecutor, step: Step) -> None:
    """Apply a step whose PATCH never reaches the tenant."""
    await bench.faults({"method": "PATCH", "path": PATHS[step.kind], "effect": "drop_before"})
    with pytest.raises(Unreachable):
        await executor.apply(step)
    await bench.faults()


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_lost_credentials_are_written_again(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _rotated(bench, kind)
    await _apply_lost(bench, executor, step)
    assert {result for _, result in results(executor)[1:]} == {"unknown"}
    assert not _arrived(bench, tenant)
    later = await tenant.executor(executor.plan)
    assert await later.has_writes()
    await later.apply(step)
    assert results(later)[-1][1] == "done"
    assert _arrived(bench, tenant)
    count = len(results(later))
    await later.apply(step)
    assert len(results(later)) == count


@pytest.mark.parametrize("lost", [False, True], ids=["after_done", "after_unknown"])
async def test_an_open_rewrite_is_not_settled_as_done(bench: TenantBench, lost: bool) -> None:
    """The run died between its intent and its request; an earlier run had created the provider."""
    tenant, executor, step = await _rotated(bench, StepKind.CREATE_PROVIDER)
    if lost:
        await _apply_lost(bench, executor, step)
    bench.ledger.steps.intend(executor.lease(), executor.run_id, tenant.domain, executor.plan.checksum, step)
    later = await tenant.executor(executor.plan)
    await later.recover()
    assert results(later)[-1][1] == "unknown"
    await later.apply(step)
    assert results(later)[-1][1] == "done"
    assert _arrived(bench, tenant)


@pytest.mark.parametrize("status", [400, 403])
async def test_refused_credentials_are_written_again(bench: TenantBench, status: int) -> None:
    """The read shows what the first run created, not that the new credentials are there."""
    tenant, executor, step = await _rotated(bench, StepKind.CREATE_PROVIDER)
    await bench.faults(
        {"method": "PATCH", "path": PATHS[step.kind], "effect": "status", "status": status, "body": {}}
    )
    with pytest.raises(TenantError):
        await executor.apply(step)
    await bench.faults()
    later = await tenant.executor(executor.plan)
    await later.apply(step)
    assert results(later)[-1][1] == "done"
    assert _arrived(bench, tenant)


@pytest.mark.parametrize("kind", PATHS, ids=str)
async def test_a_rollback_removes_what_has_lost_credentials(bench: TenantBench, kind: StepKind) -> None:
    tenant, executor, step = await _rotated(bench, kind)
    await _apply_lost(bench, executor, step)
    later = await tenant.executor(executor.plan)
    await roll_back(later, tenant.ref, frozenset())
    assert results(later)[-1] == (f"revert {kind}", "done")
    assert not await later.has_writes()


async def test_an_intent_that_another_settled_is_skipped(bench: TenantBench) -> None:
    """Two processes read the same open intents; the first result is final."""
    tenant = await bench.tenant("twilio_sms")
    executor = await tenant.executor()
    domain, plan = tenant.domain, executor.plan
    kinds = (StepKind.CREATE_PROVIDER, StepKind.SWITCH_TENANT)
    for step in (of_kind(plan, kind) for kind in kinds):
        bench.ledger.steps.intend(executor.lease(), executor.run_id, domain, plan.checksum, step)
    first, second = await executor.journal.open_intents()
    await executor.settle([first])
    await executor.settle([first, second])
    assert [result for _, result in results(executor)] == ["not_applied", "not_applied"]

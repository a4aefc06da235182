"""Each verb does its work with exactly the scopes of its row, and with one less it says so before it writes."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from configs import DeliveryMethod
from phonefleet.auth0.tenant_reader import read_tenant
from phonefleet.errors import InsufficientScope, StepFailed
from phonefleet.execution.credential_test import credential_test_plan, send_credential_tests
from phonefleet.model.api_scopes import COMMANDS, OPERATIONS, OPTIONAL_READS, required_scopes
from phonefleet.model.enums import ReasonCode, Verdict
from phonefleet.model.outcome import outcome_of_error
from phonefleet.model.snapshot import Snapshot
from tests.assessment.test_options_scopes import _grant
from tests.execution.test_finalize import LEFT, finalized, migrated
from tests.execution.test_foreign_action import _beside
from tests.tenant_bench import NUMBER, Tenant, TenantBench, twin

KINDS = ("twilio_both", "action_single", "passwordless_gateway", "mfa_and_passwordless_twilio")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPTIONAL = {OPERATIONS[name][0] for name in OPTIONAL_READS}
"""Without one of these a tenant is migrated, and less of it is known."""

UNDONE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mfa_and_passwordless_twilio", {}),
    ("action_single", {}),
)
CHANGED: dict[str, tuple[str, dict[str, Any]]] = {
    "update:guardian_factors": ("twilio_voice", {"factors": ["sms", "voice"]}),
    "update:phone_providers": ("half_migrated", {}),
    "update:phone_templates": ("half_migrated", {}),
}
"""The migrations whose rollback needs a scope that others do not need, because they changed what was there."""
ADOPTED = {"create:actions", "update:actions"}
"""Needed where the migration adopted an Action of another author."""
REQUIRED_TO_READ = {
    *("read:tenant_settings", "read:guardian_factors", "read:phone_providers", "read:phone_templates"),
    *("read:actions", "read:connections"),
}
"""Without one of these a tenant is not read at all."""


def grant(tenant: Tenant, scopes: Iterable[str]) -> None:
    """Grant these scopes and no others; the next request gets a new token, as in a new process."""
    _grant(tenant, lambda _granted: sorted(scopes))
    tenant.bench.world.fleet.get(tenant.domain).tokens.clear()


async def read(tenant: Tenant) -> Snapshot:
    """Read all that `assess`, `plan`, `compliance` and `handover` read, but for what our own client may do."""
    found = await read_tenant(tenant.api, tenant.ref.client_id, NOW)
    others = tuple(each for each in found.access if each.client_id != tenant.ref.client_id)
    return found.model_copy(update={"scopes": frozenset(), "access": others})


@pytest.mark.parametrize("command", [name for name, of in COMMANDS.items() if of == COMMANDS["assess"]])
async def test_a_reading_command_needs_no_more(bench: TenantBench, command: str) -> None:
    for kind in (*KINDS, "options_hidden"):
        tenant = await bench.tenant(kind, scopes=sorted(required_scopes("migrate")))
        whole = await read(tenant)
        grant(tenant, required_scopes(command))
        assert await read(tenant) == whole
        assert not whole.not_offered


@pytest.mark.parametrize("scope", sorted(required_scopes("assess")))
async def test_a_reading_command_needs_each_scope(bench: TenantBench, scope: str) -> None:
    """Without one of them some tenant is not read, and the scope is named; or less of it is known."""
    less = []
    for kind in KINDS:
        tenant = await bench.tenant(kind, scopes=sorted(required_scopes("assess")))
        whole = await read(tenant)
        grant(tenant, required_scopes("assess") - {scope})
        refused: tuple[str, ...] = ()
        try:
            less.append(await read(tenant) != whole)
        except InsufficientScope as missing:
            refused = missing.scopes
        assert not refused or scope in refused
        less.append(bool(refused))
    assert any(less)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_migration_needs_no_more(bench: TenantBench, kind: str) -> None:
    """Also to undo it, as a migration that fails its verification does at once."""
    tenant = await bench.tenant(kind, scopes=sorted(required_scopes("migrate")))
    moved = await tenant.migrate()
    assert (await moved.roll_back()).changed


@pytest.mark.parametrize("scope", sorted(required_scopes("migrate")))
async def test_a_migration_needs_each_scope(bench: TenantBench, scope: str) -> None:
    """The assessment names it, and no plan is made; without an optional one the reversibility is not known."""
    tenant = await bench.tenant("twilio_sms", scopes=sorted(required_scopes("migrate") - {scope}))
    if scope in OPTIONAL:
        assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ELIGIBLE
    elif scope in REQUIRED_TO_READ:
        with pytest.raises(InsufficientScope) as missing:
            await tenant.assess()
        assert scope in missing.value.scopes
    else:
        assessment = (await tenant.assess()).judgement.assessment
        assert assessment.verdict is Verdict.BLOCKED
        (reason,) = [r for r in assessment.reasons if r.code is ReasonCode.MISSING_SCOPE]
        assert scope in reason.message
    assert await tenant.writes() == []


def _undone_with(scope: str) -> Iterable[tuple[str, dict[str, Any]]]:
    return (*UNDONE, CHANGED[scope]) if scope in CHANGED else UNDONE


async def is_done(tenant: Tenant, scope: str, work: Awaitable[Any]) -> bool:
    """Whether the work was done; where it was refused, it named the scope and wrote nothing."""
    before = await tenant.writes()
    try:
        await work
    except (InsufficientScope, StepFailed) as refused:
        missing = refused
    else:
        return True
    assert scope in str(missing)
    if isinstance(missing, InsufficientScope):
        assert outcome_of_error(missing).reason is ReasonCode.INSUFFICIENT_SCOPE
    assert await tenant.writes() == before
    return False


@pytest.mark.parametrize("scope", ["", *sorted(required_scopes("rollback"))])
async def test_a_rollback_needs_each_scope(bench: TenantBench, scope: str) -> None:
    """With all of them it is done; without one that it needs, nothing is written and the scope is named."""
    done = []
    tenants = [await bench.tenant(kind, target) for kind, target in _undone_with(scope)]
    if scope in ADOPTED:
        tenants.append(await _beside(bench, "foreign_action_deployed", action="adopt"))
    for tenant in tenants:
        moved = await tenant.migrate()
        grant(moved.tenant, required_scopes("rollback") - {scope})
        done.append(await is_done(moved.tenant, scope, moved.roll_back()))
    assert all(done) is (scope in {"", *OPTIONAL, "read:logs"}), done


@pytest.mark.parametrize("scope", ["", *sorted(required_scopes("finalize"))])
async def test_a_finalization_needs_each_scope(bench: TenantBench, scope: str) -> None:
    done = []
    for kind, seed, _ in LEFT[:3:2]:
        moved = await migrated(bench, kind, seed)
        grant(moved.tenant, required_scopes("finalize") - {scope})
        done.append(await is_done(moved.tenant, scope, finalized(moved.tenant)))
    assert all(done) is (scope in {"", *OPTIONAL}), done


async def test_a_test_of_credentials_needs_no_more(bench: TenantBench) -> None:
    tenant = (await migrated(bench, "twilio_both")).tenant
    grant(tenant, required_scopes("compliance --test"))
    numbers = {DeliveryMethod.TEXT: NUMBER, DeliveryMethod.VOICE: NUMBER}
    plan = credential_test_plan((await tenant.assess()).snapshot, numbers)
    await send_credential_tests(await tenant.executor(plan), timedelta(seconds=3))
    grant(tenant, required_scopes("compliance"))
    with pytest.raises(InsufficientScope):
        await send_credential_tests(await tenant.executor(twin(plan)), timedelta(seconds=3))


def test_every_operation_is_needed_by_some_command() -> None:
    """An operation that no command uses would be a right too many."""
    unused = set(OPERATIONS) - set().union(*COMMANDS.values())
    assert unused == {"set_twilio_provider", "set_selected_provider", "set_guardian_templates"}

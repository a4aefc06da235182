"""A connection whose options are not shown is not empty: nothing is concluded or written from what was not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from phonefleet.assessment.drift import differences
from phonefleet.assessment.verdict import classify
from phonefleet.errors import OptionsNotShown
from phonefleet.execution.finalize_plan import finalize_plan
from phonefleet.execution.phases import prepare, switch
from phonefleet.execution.steps.registry import handler_for
from phonefleet.model.api_scopes import READ_OPTIONS, UPDATE_OPTIONS, every_phone_scope
from phonefleet.model.enums import ReasonCode, Reversibility, StepKind, Verdict
from tests.assessment.test_connections import IDENTIFIER, add_connection
from tests.tenant_bench import Tenant, TenantBench, of_kind, policy

CODE = ReasonCode
BOTH = (READ_OPTIONS, UPDATE_OPTIONS)


def take_scopes(tenant: Tenant, *scopes: str) -> None:
    """Take scopes from phonefleet's own client; the tokens that it has already lose them too."""
    _grant(tenant, lambda granted: [scope for scope in granted if scope not in scopes])


def give_scopes(tenant: Tenant, *scopes: str) -> None:
    """Grant scopes to phonefleet's own client, also to the tokens that it has already."""
    _grant(tenant, lambda granted: [*granted, *scopes])


def _grant(tenant: Tenant, change: Callable[[Iterable[str]], list[str]]) -> None:
    world = tenant.bench.world.fleet.get(tenant.domain)
    for grant in world.grants.values():
        if grant.get("client_id") == world.management_client_id:
            grant["scope"] = change(grant["scope"])
    for text, token in world.tokens.items():
        world.tokens[text] = replace(token, scopes=frozenset(change(token.scopes)))


async def test_a_hidden_gateway_is_blocked(bench: TenantBench) -> None:
    """It has a gateway that cannot be seen: it is not `not_applicable`, and has no route yet."""
    found = await (await bench.tenant("options_hidden")).assess()
    assessment = found.judgement.assessment
    assert (assessment.verdict, assessment.route, found.plan) == (Verdict.BLOCKED, None, None)
    (reason,) = [r for r in assessment.reasons if r.code is CODE.MISSING_SCOPE]
    assert all(scope in reason.message for scope in BOTH)
    assert ("options", "absent") in {(e.field, e.value) for e in reason.evidence}
    codes = {r.code for r in assessment.reasons}
    assert not codes & {CODE.NO_PHONE_MESSAGING, CODE.CONNECTION_NOT_CONFIGURED}
    assert assessment.passwordless
    assert assessment.reversibility is not None
    assert assessment.reversibility.level is Reversibility.UNKNOWN
    assert READ_OPTIONS in assessment.reversibility.reasons[0].message


async def test_mfa_beside_a_hidden_gateway(bench: TenantBench) -> None:
    """The route is not `twilio` on the strength of the half that could be read."""
    tenant = await bench.tenant("mfa_and_passwordless_twilio")
    take_scopes(tenant, READ_OPTIONS)
    assessment = (await tenant.assess()).judgement.assessment
    assert (assessment.verdict, assessment.route) == (Verdict.BLOCKED, None)
    assert {CODE.MISSING_SCOPE, CODE.MFA_TWILIO} <= {r.code for r in assessment.reasons}


async def test_a_hidden_connection_of_no_client(bench: TenantBench) -> None:
    """It is not in use, so what it holds decides nothing; it is not called unconfigured."""
    tenant = await bench.tenant("options_hidden", connections={"sms": {"enabled_clients": []}})
    assessment = (await tenant.assess()).judgement.assessment
    assert assessment.verdict is Verdict.NOT_APPLICABLE
    assert [r.code for r in assessment.reasons] == [CODE.CONNECTION_WITHOUT_CLIENTS]


@pytest.mark.parametrize("kind", ["already_migrated", "toggle_missing_upe"])
async def test_hidden_on_a_switched_tenant(bench: TenantBench, kind: str) -> None:
    """Its switch cannot be seen, so the tenant is not called migrated."""
    tenant = await bench.tenant(kind, provider={"configuration": {"delivery_methods": ["text", "voice"]}})
    add_connection(bench, tenant, "sms", use_phone_provider=True)
    assert (await tenant.assess()).judgement.assessment.verdict is Verdict.ALREADY_MIGRATED
    take_scopes(tenant, READ_OPTIONS)
    assessment = (await tenant.assess()).judgement.assessment
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.BLOCKED, CODE.MISSING_SCOPE)
    assert READ_OPTIONS in assessment.reasons[0].message


async def test_hidden_identifiers_leave_reversibility_unknown(bench: TenantBench) -> None:
    tenant = await bench.tenant("twilio_sms")
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    take_scopes(tenant, READ_OPTIONS)
    found = await tenant.assess()
    (unread,) = found.snapshot.unread
    assert (unread.endpoint, unread.status) == ("GET connections?strategy=auth0", 200)
    result = found.judgement.assessment.reversibility
    assert result is not None
    assert (result.level, result.reasons[0].code) == (Reversibility.UNKNOWN, CODE.DEPENDENTS_UNREAD)
    assert READ_OPTIONS in result.reasons[0].message
    assert result.reasons[0].evidence[0].value == "200"
    assert found.judgement.assessment.verdict is Verdict.BLOCKED


@pytest.mark.parametrize("missing", BOTH)
async def test_one_scope_of_the_two_is_not_enough(bench: TenantBench, missing: str) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    take_scopes(tenant, missing)
    assessment = (await tenant.assess()).judgement.assessment
    assert (assessment.verdict, assessment.reasons[0].code) == (Verdict.BLOCKED, CODE.MISSING_SCOPE)
    assert missing in assessment.reasons[0].message


@pytest.mark.parametrize("kind", ["passwordless_twilio", "passwordless_gateway"])
async def test_a_switch_without_options_writes_nothing(bench: TenantBench, kind: str) -> None:
    """The scope is taken between the plan and the switch: a PATCH would replace what was not read."""
    tenant = await bench.tenant(kind)
    executor = await tenant.executor()
    await prepare(executor, policy())
    options = await _options(tenant)
    take_scopes(tenant, READ_OPTIONS)
    with pytest.raises(OptionsNotShown, match=READ_OPTIONS):
        await executor.apply(of_kind(executor.plan, StepKind.SWITCH_CONNECTION))
    assert await _options(tenant) == options
    assert not [w for w in await tenant.writes() if w[1].startswith("/connections/")]


async def test_a_switch_whose_options_vanish_midway(bench: TenantBench) -> None:
    """The read before the write has options, the read for the write has none: the write is refused."""
    tenant = await bench.tenant("passwordless_twilio")
    executor = await tenant.executor()
    await prepare(executor, policy())
    options = await _options(tenant)
    handler = handler_for(of_kind(executor.plan, StepKind.SWITCH_CONNECTION))
    observed = await handler.read(tenant.api)
    take_scopes(tenant, READ_OPTIONS)
    with pytest.raises(OptionsNotShown):
        await handler.write(tenant.api, observed, executor.resolve_secret)
    assert await _options(tenant) == options


async def test_a_rollback_without_options_writes_nothing(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_gateway")
    migrated = await tenant.migrate()
    take_scopes(tenant, READ_OPTIONS)
    writes = await tenant.writes()
    with pytest.raises(OptionsNotShown, match=READ_OPTIONS):
        await migrated.roll_back()
    assert await tenant.writes() == writes
    give_scopes(tenant, READ_OPTIONS)
    await migrated.roll_back()
    assert set((await tenant.delivering()).values()) == {"gateway"}


async def test_a_rollback_does_not_overlook_identifiers(bench: TenantBench) -> None:
    """Without options the identifiers that a rollback would break are not seen; it is refused, not let through."""
    tenant = await bench.tenant("twilio_sms")
    migrated = await tenant.migrate()
    add_connection(bench, tenant, "auth0", **IDENTIFIER)
    take_scopes(tenant, READ_OPTIONS)
    writes = await tenant.writes()
    with pytest.raises(OptionsNotShown, match="phone identifiers"):
        await migrated.roll_back()
    assert await tenant.writes() == writes


async def test_finalize_without_options_is_refused(bench: TenantBench) -> None:
    tenant = await bench.tenant("passwordless_twilio")
    await tenant.migrate()
    take_scopes(tenant, READ_OPTIONS)
    with pytest.raises(Exception, match=READ_OPTIONS):
        await finalize_plan(tenant.api, tenant.ref)


async def test_lost_scopes_are_drift_of_what_can_be_seen(bench: TenantBench) -> None:
    """No value is said to have changed that could not be read; that it cannot be read is said."""
    tenant = await bench.tenant("passwordless_twilio")
    migrated = await tenant.migrate()
    recorded = (await tenant.assess()).snapshot
    take_scopes(tenant, READ_OPTIONS)
    hidden = (await tenant.assess()).snapshot
    (change,) = [d for d in differences(recorded, hidden) if d.field.startswith("connection")]
    assert (change.field, change.was, change.now) == ("connection sms.options", "shown", "not shown")
    assert not [d for d in differences(hidden, recorded) if d.field.startswith("connection")]
    assert migrated.before.snapshot.connections[0].options_hidden is False


async def test_the_same_facts_mean_the_same(bench: TenantBench) -> None:
    tenant = await bench.tenant("options_hidden")
    found = await tenant.assess()
    stored = type(found.snapshot).model_validate_json(found.snapshot.model_dump_json())
    assert classify(stored, tenant.ref.target) == found.judgement


async def test_with_both_scopes_a_hidden_gateway_migrates(bench: TenantBench) -> None:
    tenant = await bench.tenant("options_hidden")
    give_scopes(tenant, *BOTH)
    migrated = await tenant.migrate()
    await switch(migrated.executor, tenant.ref)
    assert set((await tenant.delivering()).values()) == {"upe_custom"}


async def test_a_grant_of_all_scopes_depends(bench: TenantBench) -> None:
    """Such a grant has no `scope` at all; the client reaches every phone endpoint."""
    snapshot = (await (await bench.tenant("owned_by_terraform")).assess()).snapshot
    (owner,) = [access for access in snapshot.access if access.client_name == "Terraform"]
    assert owner.scopes == every_phone_scope()


async def _options(tenant: Tenant) -> dict[str, Any]:
    (connection,) = [c for c in (await tenant.dump())["connections"] if c["strategy"] == "sms"]
    options: dict[str, Any] = connection["options"]
    return options

"""Owners of a tenant's settings: who they are, and what their next run would undo."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonefleet.assessment.dependents import find_dependents
from phonefleet.assessment.owners import ACTIVE, active_owners, find_owners, with_recorded_writes
from phonefleet.model.assessment import DependentKind
from phonefleet.model.enums import Change, Severity
from phonefleet.model.ownership import LoggedWrite, OwnerEffect, OwnerKind, PhoneSetting, Writer
from phonefleet.model.snapshot import SmsConnection, Snapshot
from tests.ledger.factories import START
from tests.tenant_bench import TenantBench

E = OwnerEffect
S = PhoneSetting
SMS = SmsConnection(id="con_1", name="sms", enabled_clients=("app",))
LEGACY = "/api/v2/guardian/factors/phone/selected-provider"


def wrote(
    kind: OwnerKind, setting: PhoneSetting, at: datetime = START, path: str = "/api/v2/x", **more: Any
) -> LoggedWrite:
    writer = Writer(kind=kind, client_id="c1", client_name="Pipelines")
    return LoggedWrite(writer=writer, setting=setting, method="PATCH", path=path, at=at, **more)


def tenant(*writes: LoggedWrite, now: datetime = START) -> Snapshot:
    return Snapshot(domain="a.eu.auth0.com", taken_at=now, connections=(SMS,), writes=writes)


OF_EVERY_IMPORT = {E.DELETES_PROVIDER, E.REPLACES_TEMPLATES, E.OVERWRITES_CREDENTIALS}


@pytest.mark.parametrize(
    ("write", "effects"),
    [
        (wrote(OwnerKind.TERRAFORM, S.FLAG, flag=False), {E.REVERTS_FLAG}),
        (wrote(OwnerKind.TERRAFORM, S.FLAG), {E.REVERTS_FLAG}),
        (wrote(OwnerKind.TERRAFORM, S.FLAG, flag=True), set()),
        (wrote(OwnerKind.TERRAFORM, S.TENANT_SETTINGS), set()),
        (wrote(OwnerKind.TERRAFORM, S.CONNECTION, target="con_1"), {E.REPLACES_OPTIONS}),
        (wrote(OwnerKind.TERRAFORM, S.CONNECTION, target="con_1", keys=("name",)), set()),
        (wrote(OwnerKind.TERRAFORM, S.CONNECTION, target="con_9", keys=("options",)), set()),
        (wrote(OwnerKind.TERRAFORM, S.PHONE_PROVIDER, target="pro_1"), {E.OVERWRITES_CREDENTIALS}),
        (wrote(OwnerKind.TERRAFORM, S.PHONE_TEMPLATE, target="tem_1"), {E.REPLACES_TEMPLATES}),
        (wrote(OwnerKind.TERRAFORM, S.GUARDIAN, path=LEGACY, version="1.26.0"), {E.IS_REFUSED}),
        (wrote(OwnerKind.TERRAFORM, S.GUARDIAN, path=LEGACY, version="dev"), {E.IS_REFUSED}),
        (wrote(OwnerKind.TERRAFORM, S.GUARDIAN, path=LEGACY, version="1.49.0"), set()),
        (wrote(OwnerKind.DEPLOY_CLI, S.TENANT_SETTINGS), OF_EVERY_IMPORT),
        (wrote(OwnerKind.DEPLOY_CLI, S.FLAG, flag=False), OF_EVERY_IMPORT | {E.REVERTS_FLAG}),
        (wrote(OwnerKind.DEPLOY_CLI, S.ACTION, target="a1"), OF_EVERY_IMPORT | {E.DELETES_ACTION}),
        (
            wrote(OwnerKind.DEPLOY_CLI, S.GUARDIAN, path=LEGACY, version="8.41.9"),
            OF_EVERY_IMPORT | {E.IS_REFUSED},
        ),
        (wrote(OwnerKind.DEPLOY_CLI, S.GUARDIAN, path=LEGACY, version="8.42.0"), OF_EVERY_IMPORT),
        (wrote(OwnerKind.OTHER_CLIENT, S.FLAG, flag=False), {E.REVERTS_FLAG}),
        (wrote(OwnerKind.OTHER_CLIENT, S.TENANT_SETTINGS), set()),
        (wrote(OwnerKind.DASHBOARD, S.FLAG, flag=False), set()),
        (wrote(OwnerKind.PHONEFLEET, S.FLAG, flag=True), set()),
    ],
)
def test_what_the_next_run_would_do(write: LoggedWrite, effects: set[OwnerEffect]) -> None:
    (owner,) = find_owners(tenant(write))
    assert set(owner.effects) == effects


def test_an_owner_is_one_over_its_versions() -> None:
    earlier = wrote(OwnerKind.DEPLOY_CLI, S.FLAG, version="8.41.0", count=3)
    later = wrote(OwnerKind.DEPLOY_CLI, S.ACTION, START + timedelta(days=1), version="8.44.0")
    (owner,) = find_owners(tenant(earlier, later))
    assert (owner.version, owner.uses, owner.settings) == ("8.44.0", 4, (S.ACTION, S.FLAG))
    assert owner.last_seen == later.at


@given(
    switched=st.integers(0, 40),
    ran=st.integers(0, 40),
    now=st.integers(40, 80),
    flag=st.sampled_from([None, True, False]),
)
def test_an_owner_that_ran_since_does_not_hold(switched: int, ran: int, now: int, flag: bool | None) -> None:
    """It holds if it wrote the flag before the switch, lately, and has not written it since."""

    def day(number: int) -> datetime:
        return START + timedelta(days=number)

    snapshot = tenant(wrote(OwnerKind.TERRAFORM, S.FLAG, day(ran), flag=flag), now=day(now))
    holds = ran <= switched and day(now) - day(ran) <= ACTIVE and flag is not True
    assert bool(active_owners(snapshot, day(switched))) is holds


def test_an_owner_is_remembered_beyond_the_logs() -> None:
    """The logs of a small plan hold a day: what an earlier snapshot saw counts, and of one write the later."""
    then, now = START + timedelta(days=1), START + timedelta(days=8)
    before = wrote(OwnerKind.TERRAFORM, S.FLAG, flag=False)
    fixed = wrote(OwnerKind.TERRAFORM, S.FLAG, now, flag=True)
    silent = tenant(now=now)
    assert not active_owners(silent, then)
    assert active_owners(with_recorded_writes(silent, [tenant(before)]), then)
    assert not active_owners(with_recorded_writes(tenant(fixed, now=now), [tenant(before)]), then)
    assert with_recorded_writes(tenant(before), [tenant(before)]) == tenant(before)


def test_an_owner_is_the_same_with_and_without_its_name() -> None:
    """A run of compliance may not read the name of an owner's client."""
    then, now = START + timedelta(days=1), START + timedelta(days=8)
    named = wrote(OwnerKind.OTHER_CLIENT, S.FLAG, flag=False)
    nameless = named.model_copy(update={"writer": named.writer.model_copy(update={"client_name": ""})})
    assert nameless != named
    fixed = wrote(OwnerKind.OTHER_CLIENT, S.FLAG, now, flag=True)
    assert not active_owners(
        with_recorded_writes(tenant(fixed, now=now), [tenant(named), tenant(nameless)]), then
    )


def test_an_import_since_clears_what_it_did_not_do() -> None:
    before = wrote(OwnerKind.DEPLOY_CLI, S.ACTION, target="a1")
    after = wrote(OwnerKind.DEPLOY_CLI, S.TENANT_SETTINGS, START + timedelta(days=2))
    assert active_owners(tenant(before, now=START), START)
    assert not active_owners(tenant(before, after, now=after.at), START + timedelta(days=1))


@pytest.mark.parametrize(
    ("kind", "name", "undoes"),
    [
        ("owned_by_terraform", "terraform", {E.REPLACES_OPTIONS, E.IS_REFUSED}),
        ("owned_by_deploy_cli", "deploy_cli", OF_EVERY_IMPORT | {E.REVERTS_FLAG, E.IS_REFUSED}),
    ],
)
async def test_the_owner_is_a_dependent(
    bench: TenantBench, kind: str, name: str, undoes: set[OwnerEffect]
) -> None:
    """It is found without a request more than for a tenant of its own."""
    owned = await bench.tenant(kind)
    found = await owned.assess()
    (owner,) = [o for o in found.judgement.assessment.owners if o.writer.kind == name]
    assert owner.writer.client_name == "Terraform"
    assert set(owner.effects) <= undoes
    assert OwnerEffect.IS_REFUSED in owner.effects
    name = f"owner:{name}/{owner.writer.client_id}"
    (dependent,) = [d for d in found.judgement.assessment.dependents if d.qualified_id == name]
    assert "Its next run may do this: " in dependent.detail
    if owner.undoes:
        assert dependent.breaks_on == dict.fromkeys((Change.SWITCH, Change.FINALIZE), Severity.CHANGE_UNDONE)
    logs = [r for r in bench.world.fleet.get(owned.domain).requests if r.path.endswith("/logs")]
    assert len(logs) == 1


def test_a_person_in_the_dashboard_is_no_dependent() -> None:
    writes = (
        wrote(OwnerKind.DASHBOARD, S.FLAG, flag=False),
        wrote(OwnerKind.OTHER_CLIENT, S.TENANT_SETTINGS),
    )
    dependents = find_dependents(tenant(*writes), legacy_remains=True)
    assert not [d for d in dependents if d.kind is DependentKind.OWNER]
    assert len(find_owners(tenant(*writes))) == 2

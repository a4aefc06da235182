"""Changes that no read shows, and what settles them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from phonefleet.assessment.drift import attributed, differences
from phonefleet.assessment.unseen_changes import settled, unseen_changes
from phonefleet.model.fact import ActionState
from phonefleet.model.ownership import LoggedWrite, OwnerKind, PhoneSetting
from phonefleet.model.snapshot import PhoneProvider, Snapshot
from phonefleet.planning.planner import basis_of
from tests.assessment.test_owners import wrote
from tests.ledger.factories import START
from tests.tenant_bench import TenantBench

LATER = START + timedelta(hours=1)
PROVIDER = PhoneProvider(id="pro_1", name="twilio", updated_at=START)
ACTION = ActionState(id="a1", name="ours", triggers=("custom-phone-provider",), deployed=True, version=1)
RECORDED = Snapshot(domain="a.eu.auth0.com", taken_at=START, providers=(PROVIDER,), custom_actions=(ACTION,))
WRITTEN = PROVIDER.model_copy(update={"updated_at": LATER})


def now(*writes: LoggedWrite, provider: PhoneProvider = PROVIDER, action: ActionState = ACTION) -> Snapshot:
    update = {"taken_at": LATER, "providers": (provider,), "custom_actions": (action,), "writes": writes}
    return RECORDED.model_copy(update=update)


BY_DEPLOY_CLI = wrote(OwnerKind.DEPLOY_CLI, PhoneSetting.PHONE_PROVIDER, LATER, target="pro_1")
BY_US = wrote(OwnerKind.PHONEFLEET, PhoneSetting.PHONE_PROVIDER, LATER, target="pro_1")
EARLIER = wrote(OwnerKind.DEPLOY_CLI, PhoneSetting.PHONE_PROVIDER, START, target="pro_1")
OF_ANOTHER = wrote(OwnerKind.DEPLOY_CLI, PhoneSetting.ACTION, LATER, target="a9")
REDEPLOYED = ACTION.model_copy(update={"version": 2})


@pytest.mark.parametrize(
    ("snapshot", "fields"),
    [
        (now(), []),
        (now(EARLIER, BY_US, OF_ANOTHER), []),
        (now(provider=WRITTEN), ["provider credentials"]),
        (now(BY_DEPLOY_CLI), ["provider credentials"]),
        (now(action=REDEPLOYED), ["Action ours secrets"]),
        (now(provider=PROVIDER.model_copy(update={"id": "pro_2", "updated_at": LATER})), []),
    ],
)
def test_marks_that_moved_are_found(snapshot: Snapshot, fields: list[str]) -> None:
    """A provider that was made again differs visibly already."""
    found = unseen_changes(RECORDED, snapshot)
    assert [difference.field for difference in found] == fields


def test_a_state_without_marks_is_judged_by_the_logs() -> None:
    """Ledgers of earlier versions have none."""
    old = RECORDED.model_copy(
        update={
            "providers": (PROVIDER.model_copy(update={"updated_at": None}),),
            "custom_actions": (ACTION.model_copy(update={"version": 0}),),
        }
    )
    assert unseen_changes(old, now(provider=WRITTEN, action=REDEPLOYED)) == ()
    written = wrote(OwnerKind.TERRAFORM, PhoneSetting.ACTION, LATER, target="a1")
    found = unseen_changes(old, now(BY_DEPLOY_CLI, written))
    assert [difference.field for difference in found] == ["provider credentials", "Action ours secrets"]


def test_the_author_is_named() -> None:
    (change,) = unseen_changes(RECORDED, now(provider=WRITTEN))
    named = attributed(change, (EARLIER, BY_US, BY_DEPLOY_CLI), START)
    assert named.write == BY_DEPLOY_CLI
    assert "changed by Deploy CLI (client Pipelines, c1)" in str(named)
    assert attributed(change, (EARLIER, OF_ANOTHER), START).write is None


def test_marks_are_no_drift_and_no_part_of_a_plan() -> None:
    changed = now(BY_DEPLOY_CLI, provider=WRITTEN, action=REDEPLOYED)
    assert differences(RECORDED, changed) == ()
    assert basis_of(changed) == basis_of(RECORDED)


def test_a_settled_state_keeps_every_other_field() -> None:
    disabled = WRITTEN.model_copy(update={"disabled": True})
    changed = now(BY_DEPLOY_CLI, provider=disabled, action=REDEPLOYED)
    after = settled(RECORDED, changed)
    assert unseen_changes(after, changed) == ()
    assert [d.field for d in differences(after, changed)] == ["provider.disabled"]


async def test_an_overwritten_token_moves_the_mark(bench: TenantBench) -> None:
    tenant = await bench.tenant("already_migrated")
    before = (await tenant.assess()).snapshot
    (provider,) = await tenant.api.phone_providers()
    body = {"name": provider["name"], "credentials": {"auth_token": "##TWILIO_AUTH_TOKEN##"}}
    await tenant.api.update_phone_provider(
        provider["id"], body | {"configuration": provider["configuration"]}
    )
    after = (await tenant.assess()).snapshot
    assert differences(before, after) == ()
    assert [d.field for d in unseen_changes(before, after)] == ["provider credentials"]

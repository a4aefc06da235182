"""Whether a wave's approvals let it start: by whom, until when, and for which plans."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from configs import ApprovalRules
from phonefleet.model.run_record import ApprovalChannel, WaveApproval
from phonefleet.rollout.wave_approval import NotApproved, approval_state, wave_checksum

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
PLANS = {"a.com": "1", "b.com": "2"}


def approval(
    plans: dict[str, str] | None = None,
    age: timedelta = timedelta(),
    by: str = "ann",
    channel: ApprovalChannel = ApprovalChannel.COMMAND,
) -> WaveApproval:
    return WaveApproval(
        run_id="r",
        wave="w",
        plans=PLANS if plans is None else plans,
        by=by,
        at=NOW - age,
        channel=channel,
        os_user=by,
    )


ANY = ApprovalRules()
OTHER = ApprovalRules(by_other=True)


def test_a_wave_without_an_approval_does_not_start():
    assert approval_state([], PLANS, NOW, ANY, ["bob"]).why_not is NotApproved.NEVER


def test_an_approval_expires_to_the_second():
    week = timedelta(days=7)
    assert approval_state([approval(age=week - timedelta(seconds=1))], PLANS, NOW, ANY, []).approval
    assert approval_state([approval(age=week)], PLANS, NOW, ANY, []).why_not is NotApproved.EXPIRED


def test_the_starter_does_not_approve_by_other():
    own = approval(by="bob")
    assert approval_state([own], PLANS, NOW, ANY, ["bob"]).approval == own
    assert approval_state([own], PLANS, NOW, OTHER, ["bob"]).why_not is NotApproved.OWN
    assert approval_state([own], PLANS, NOW, OTHER, ["eve"]).approval == own
    typed = approval(by="ann", channel=ApprovalChannel.PREFECT)
    assert approval_state([typed], PLANS, NOW, OTHER, ["bob"]).why_not is NotApproved.UNKNOWN_PERSON


def test_an_approval_of_other_plans_starts_no_tenant():
    state = approval_state([approval({"a.com": "9"})], PLANS, NOW, ANY, [])
    assert state.why_not is NotApproved.OTHER_PLANS


def test_the_newest_approval_that_counts_decides():
    old, own = approval(age=timedelta(hours=2)), approval(by="bob", age=timedelta(hours=1))
    assert approval_state([old, own], PLANS, NOW, OTHER, ["bob"]).approval == old
    newer = approval({"a.com": "1"})
    assert approval_state([old, newer], PLANS, NOW, ANY, []).void == ("b.com",)


CHECKSUMS = st.dictionaries(st.text("abcde", min_size=1, max_size=3), st.sampled_from("123"), max_size=8)


@given(CHECKSUMS, CHECKSUMS)
def test_exactly_the_changed_plans_are_void(approved, now):
    state = approval_state([approval(approved)], now, NOW, ANY, [])
    changed = {domain for domain, plan in now.items() if approved.get(domain) != plan}
    assert set(state.void) == changed
    assert (state.approval is None) is (bool(now) and len(changed) == len(now))


@given(CHECKSUMS, CHECKSUMS)
def test_a_waves_checksum_tells_its_plans(one, other):
    assert (wave_checksum(one) == wave_checksum(other)) is (one == other)
    assert wave_checksum(dict(reversed(one.items()))) == wave_checksum(one)


@given(st.integers(0, 14 * 24 * 3600), st.integers(1, 14 * 24 * 3600))
def test_no_approval_counts_after_its_time(age, expires):
    rules = ApprovalRules(expires=timedelta(seconds=expires))
    state = approval_state([approval(age=timedelta(seconds=age))], PLANS, NOW, rules, [])
    assert (state.approval is not None) is (age < expires)

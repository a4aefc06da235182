"""The gates of a wave: their numbers decide, and every number is said."""

from hypothesis import given
from hypothesis import strategies as st

from configs import Amount, OnGate
from phonefleet.model.enums import Reversibility
from phonefleet.rollout.gates import WaveCounts, WaveLimit, WaveLimits, measure_limits
from phonefleet.rollout.wave_gate import (
    Finding,
    GateDecision,
    GateFinding,
    all_must,
    any_must,
    to_roll_back,
)

NAMES = st.lists(st.text("abc", min_size=1), max_size=8, unique=True)
AMOUNTS = st.integers(0, 20).map(lambda n: Amount.parse(str(n))) | st.integers(0, 100).map(
    lambda n: Amount.parse(f"{n}%")
)
FINDINGS = st.builds(
    GateFinding, st.sampled_from(Finding), st.integers(0, 9), st.integers(0, 9), st.booleans()
)


@given(NAMES, st.integers(0, 20))
def test_all_must_counts_those_that_are_missing(missing, more):
    finding = all_must(Finding.SECRETS, missing, len(missing) + more)
    assert finding.count == more
    assert finding.passed is (not missing)
    assert all(name in finding.note for name in missing[:3])


def test_one_of_some_must_start():
    assert any_must(Finding.WINDOW, 1, 3).passed
    assert any_must(Finding.WINDOW, 0, 0).passed
    assert not any_must(Finding.WINDOW, 0, 3).passed


@given(st.lists(FINDINGS, max_size=6))
def test_a_decision_has_every_number(findings):
    decision = GateDecision("gate", tuple(findings))
    assert decision.passed is all(each.passed for each in findings)
    assert bool(decision.why) is not decision.passed
    assert all(str(each) in str(decision) for each in findings)


@given(st.integers(0, 50), st.data(), AMOUNTS)
def test_a_failure_limit_is_never_exceeded(switched, data, limit):
    healthy = data.draw(st.integers(0, switched))
    limits = WaveLimits(Amount.parse("0"), Amount.parse("0"), Amount.parse("0"), limit)
    counts = WaveCounts(switched, switched=switched, healthy=healthy)
    decision = GateDecision("gate", tuple(measure_limits(limits, counts)))
    assert decision.passed is (switched - healthy <= min(switched, limit.of(switched)))
    assert decision.passed or f"({WaveLimit.FAILURE_LIMIT} " in decision.why
    without = WaveLimits(Amount.parse("0"), Amount.parse("0"), Amount.parse("0"))
    assert len(list(measure_limits(limits, counts))) == len(list(measure_limits(without, counts))) + 1


@given(
    st.sampled_from(OnGate),
    NAMES,
    st.dictionaries(st.text("abc", min_size=1), st.sampled_from(Reversibility)),
)
def test_only_reversible_tenants_are_rolled_back(on_gate, switched, known):
    undone, kept = to_roll_back(on_gate, switched, known)
    assert sorted(undone + kept) == sorted(switched)
    assert all(known[domain] is Reversibility.REVERSIBLE for domain in undone)
    assert not undone or on_gate is OnGate.ROLLBACK_WAVE
    if on_gate is OnGate.ROLLBACK_WAVE:
        assert not any(known.get(domain) is Reversibility.REVERSIBLE for domain in kept)
